"""Drives every method of `client.security` of Elastic's official Python client, and looks at each answer.

    pip install elasticsearch
    ELASTICSEARCH_URL=... ELASTICSEARCH_USERNAME=elastic ELASTICSEARCH_PASSWORD=... python3 drive_client.py

Meant for the embedded stack: `cargo test -p elkit-tests --test python_client` starts one, and answers what this script
asks for by lines of JSON, the proofs that a browser would bring from the stack's identity provider. The last line of its output
is JSON: how many methods were called, how often, and by which version of the client. It fails at the first call that is
refused and should not be, at the first answer without what it should hold, and when a method was never called.
"""

import inspect
import json
import os
import sys

import elasticsearch
from elasticsearch import Elasticsearch

COUNTS = {}


class Refused(Exception):
    """What should have been refused was not."""


class Driver:
    """`client.security`, with every call counted and every answer looked at."""

    def __init__(self, client):
        self.client = client
        self.security = client.security

    def call(self, name, /, *holds, **arguments):
        """Calls a method; each of `holds` is a dotted path that the answer must have."""
        COUNTS[name] = COUNTS.get(name, 0) + 1
        try:
            answer = getattr(self.security, name)(**arguments)
        except Exception as error:
            raise AssertionError(f"{name}({', '.join(arguments)}): {error!r}") from error
        for path in holds:
            look(name, answer.body, path)
        return answer.body

    def refuse(self, status, name, /, **arguments):
        """Calls a method that must fail; returns the error's type."""
        COUNTS[name] = COUNTS.get(name, 0) + 1
        try:
            getattr(self.security, name)(**arguments)
        except elasticsearch.ApiError as error:
            assert error.status_code == status, f"{name}: {error!r}, and not {status}"
            return error.error
        raise Refused(f"{name}({', '.join(arguments)}) was not refused with {status}")

    def by(self, **credentials):
        """The same client with other credentials."""
        return Driver(self.client.options(**credentials))


def look(name, body, path):
    """Fails unless there is something at a dotted path."""
    value = body
    for step in path.split("."):
        try:
            value = value[int(step)] if isinstance(value, list) else value[step]
        except (KeyError, IndexError, TypeError) as error:
            raise AssertionError(f"{name}: nothing at {path} in {body}") from error
    return value


def main():
    url = os.environ["ELASTICSEARCH_URL"]
    who = (os.environ.get("ELASTICSEARCH_USERNAME", "elastic"), os.environ["ELASTICSEARCH_PASSWORD"])
    client = Elasticsearch(url, basic_auth=who, ca_certs=os.environ.get("ELASTICSEARCH_CA_CERT"), max_retries=0)
    driver = Driver(client)
    for part in (roles, users, mappings, privileges, keys, other_clusters, tokens, accounts, profiles, cluster, sso):
        part(driver)

    methods = {
        name
        for name, _ in inspect.getmembers(type(client.security), inspect.isfunction)
        if not name.startswith("_") and name != "perform_request"
    }
    never = sorted(methods - COUNTS.keys())
    assert not never, f"never called: {', '.join(never)}"
    version = ".".join(str(part) for part in elasticsearch.__version__)
    print(json.dumps({"client": version, "methods": len(methods), "calls": sum(COUNTS.values())}))


def roles(d):
    indices = [{"names": ["py-*"], "privileges": ["read", "write"], "query": {"match_all": {}}}]
    made = d.call("put_role", "role.created", name="py_writer", cluster=["monitor"], indices=indices,
                  description="Writes", metadata={"made": "by python"}, run_as=["py_*"],
                  applications=[{"application": "pyapp", "privileges": ["read"], "resources": ["*"]}], refresh="wait_for")
    assert made["role"]["created"] is True
    role = d.call("get_role", "py_writer.indices.0.names.0", "py_writer.metadata.made", name="py_writer")
    assert role["py_writer"]["cluster"] == ["monitor"]
    d.call("get_role", "superuser.cluster")
    assert d.call("bulk_put_role", roles={"py_a": {"cluster": ["all"]}, "py_b": {}})["created"] == ["py_a", "py_b"]
    found = d.call("query_role", "total", "roles.0.name", query={"prefix": {"name": "py_"}}, sort=[{"name": "desc"}],
                   size=2, from_=0)
    assert (found["total"], [role["name"] for role in found["roles"]]) == (3, ["py_writer", "py_b"])
    found = d.call("query_role", query={"prefix": {"name": "py_"}}, sort=["name"], search_after=["py_a"])
    assert [role["name"] for role in found["roles"]] == ["py_b", "py_writer"]
    gone = d.call("bulk_delete_role", names=["py_a", "py_b", "py_none"])
    assert (gone["deleted"], gone["not_found"]) == (["py_a", "py_b"], ["py_none"])
    d.call("clear_cached_roles", "_nodes.failed", name=["py_writer"])
    d.call("put_role", "role.created", name="py_short", cluster=[])
    assert d.call("delete_role", name="py_short")["found"] is True
    d.refuse(404, "delete_role", name="py_short")
    assert d.refuse(400, "put_role", name="superuser", cluster=[]) == "action_request_validation_exception"


def users(d):
    made = d.call("put_user", username="py_joe", password="secret-1", roles=["py_writer"], full_name="Joe",
                  email="joe@example.org", metadata={"level": 1}, enabled=True, refresh=True)
    assert made["created"] is True
    joe = d.call("get_user", "py_joe.email", username="py_joe", with_profile_uid=True)["py_joe"]
    assert joe["metadata"] == {"level": 1}
    d.call("get_user", "elastic.enabled", username=["elastic", "py_joe"])
    found = d.call("query_user", "users.0._sort", query={"term": {"username": "py_joe"}}, sort=["username"])
    assert found["total"] == 1
    by_joe = d.by(basic_auth=("py_joe", "secret-1"))
    who = by_joe.call("authenticate", "authentication_realm.name", "lookup_realm.type")
    assert (who["username"], who["authentication_type"]) == ("py_joe", "realm")
    assert by_joe.refuse(403, "get_user") == "security_exception"
    assert by_joe.call("get_user_privileges", "indices.0.names", "run_as")["cluster"] == ["monitor"]
    answer = by_joe.call("has_privileges", "cluster.monitor", cluster=["monitor", "all"],
                         index=[{"names": ["py-1"], "privileges": ["read", "manage"]}],
                         application=[{"application": "pyapp", "privileges": ["read"], "resources": ["r"]}])
    assert (answer["has_all_requested"], answer["index"]["py-1"]) == (False, {"read": True, "manage": False})
    assert answer["application"] == {"pyapp": {"r": {"read": True}}}
    d.call("change_password", username="py_joe", password="secret-2")
    by_joe.refuse(401, "authenticate")
    by_joe = d.by(basic_auth=("py_joe", "secret-2"))
    by_joe.call("change_password", password="secret-3")
    d.call("disable_user", username="py_joe")
    d.by(basic_auth=("py_joe", "secret-3")).refuse(401, "authenticate")
    d.call("enable_user", username="py_joe")
    d.by(basic_auth=("py_joe", "secret-3")).call("authenticate", "roles.0")
    d.call("put_user", username="py_gone", password="secret-1", roles=[])
    assert d.call("delete_user", username="py_gone")["found"] is True
    d.refuse(404, "delete_user", username="py_gone")
    assert d.refuse(400, "put_user", username="py_x", password="short", roles=[]) == "action_request_validation_exception"


def mappings(d):
    rules = {"any": [{"field": {"username": "py_*"}}, {"except": {"field": {"groups": ["a", "b"]}}}]}
    made = d.call("put_role_mapping", name="py_map", roles=["py_writer"], enabled=True, rules=rules, metadata={"a": 1})
    assert made["role_mapping"]["created"] is True
    assert d.call("get_role_mapping", name="py_map")["py_map"]["rules"] == rules
    d.call("get_role_mapping", "py_map.roles.0")
    assert d.call("delete_role_mapping", name="py_map")["found"] is True
    d.refuse(404, "get_role_mapping", name="py_map")


def privileges(d):
    stored = {"pyapp": {"read": {"actions": ["data:read/*"], "metadata": {"a": 1}}, "write": {"actions": ["data:*"]}}}
    assert d.call("put_privileges", privileges=stored)["pyapp"]["read"] == {"created": True}
    d.call("get_privileges", "pyapp.write.actions.0", application="pyapp", name=["read", "write"])
    d.call("get_privileges", "pyapp.read", application="pyapp")
    d.call("get_privileges", "pyapp.read")
    d.call("clear_cached_privileges", "nodes", application="pyapp")
    gone = d.call("delete_privileges", application="pyapp", name=["read", "write", "none"])
    assert gone["pyapp"] == {"read": {"found": True}, "write": {"found": True}, "none": {"found": False}}
    builtin = d.call("get_builtin_privileges", "cluster", "index", "remote_cluster")
    assert "manage_security" in builtin["cluster"]


def keys(d):
    made = d.call("create_api_key", "id", "api_key", "encoded", "expiration", name="py-key", expiration="1d",
                  role_descriptors={"r": {"cluster": ["monitor"], "indices": [{"names": ["py-*"], "privileges": ["read"]}]}},
                  metadata={"team": {"name": "py"}})
    by_key = d.by(api_key=made["encoded"])
    assert by_key.call("authenticate")["api_key"]["id"] == made["id"]
    d.by(api_key=(made["id"], made["api_key"])).call("authenticate", "api_key.name")
    by_key.refuse(403, "get_user")
    shown = d.call("get_api_key", "api_keys.0.limited_by", id=made["id"], with_limited_by=True, with_profile_uid=True)
    assert shown["api_keys"][0]["type"] == "rest"
    d.call("get_api_key", "api_keys.0", owner=True, active_only=True)
    d.call("get_api_key", "api_keys.0", username="elastic", realm_name="reserved")
    d.call("get_api_key", "api_keys.0", name="py-*")
    change = {"metadata": {"team": {"name": "rs"}}}
    assert d.call("update_api_key", id=made["id"], expiration="2d", **change)["updated"] is True
    other = d.call("create_api_key", name="py-other")
    bulk = d.call("bulk_update_api_keys", ids=[made["id"], other["id"], "none"], **change)
    assert (bulk["updated"], bulk["noops"], bulk["errors"]["count"]) == ([other["id"]], [made["id"]], 1)
    copy = d.call("clone_api_key", "id", "encoded", api_key=made["encoded"], name="py-copy", expiration="1h")
    assert copy["id"] != made["id"]
    granted = d.call("grant_api_key", "encoded", grant_type="password", username="py_joe", password="secret-3",
                     api_key={"name": "py-granted"})
    assert d.by(api_key=granted["encoded"]).call("authenticate")["username"] == "py_joe"
    found = d.call("query_api_keys", "api_keys.0._sort", query={"bool": {"filter": [{"prefix": {"name": "py-"}}]}},
                   sort=[{"creation": "asc"}, "name"], size=2, with_limited_by=True)
    assert (found["total"], found["count"]) == (4, 2)
    last = found["api_keys"][-1]["_sort"]
    rest = d.call("query_api_keys", query={"prefix": {"name": "py-"}}, sort=[{"creation": "asc"}, "name"],
                  search_after=last)
    assert rest["count"] == 2
    counted = d.call("query_api_keys", size=0, typed_keys=True,
                     aggs={"by": {"terms": {"field": "username"}, "aggs": {"n": {"cardinality": {"field": "name"}}}}})
    assert counted["aggregations"]["sterms#by"]["buckets"][0]["key"] == "elastic"
    d.call("clear_api_key_cache", "_nodes.failed", ids=[made["id"], "*"])
    gone = d.call("invalidate_api_key", ids=[made["id"], copy["id"]])
    assert sorted(gone["invalidated_api_keys"]) == sorted([made["id"], copy["id"]])
    by_key.refuse(401, "authenticate")
    d.call("invalidate_api_key", "error_count", username="py_joe", realm_name="default_native")
    d.call("invalidate_api_key", "previously_invalidated_api_keys", owner=True)
    assert d.refuse(400, "create_api_key", name="_py") == "action_request_validation_exception"
    d.refuse(404, "get_api_key", id="none")


def other_clusters(d):
    access = {"search": [{"names": ["logs*"]}], "replication": [{"names": ["archive"]}]}
    made = d.call("create_cross_cluster_api_key", "id", "encoded", name="py-cc", access=access, expiration="1d",
                  metadata={"a": 1})
    narrower = {"search": [{"names": ["logs-a"]}]}
    assert d.call("update_cross_cluster_api_key", id=made["id"], access=narrower, metadata={})["updated"] is True
    shown = d.call("get_api_key", "api_keys.0.access.search.0.names", id=made["id"])
    assert shown["api_keys"][0]["type"] == "cross_cluster"
    d.by(api_key=made["encoded"]).refuse(401, "authenticate")


def tokens(d):
    made = d.call("get_token", "access_token", "authentication.username", grant_type="password", username="py_joe",
                  password="secret-3")
    assert made["expires_in"] == 1200
    by_token = d.by(bearer_auth=made["access_token"])
    assert by_token.call("authenticate")["authentication_type"] == "token"
    second = d.call("get_token", "access_token", grant_type="refresh_token", refresh_token=made["refresh_token"])
    d.call("get_token", "access_token", grant_type="client_credentials")
    gone = d.call("invalidate_token", token=second["access_token"])
    assert (gone["invalidated_tokens"], gone["error_count"]) == (1, 0)
    d.by(bearer_auth=second["access_token"]).refuse(401, "authenticate")
    d.call("invalidate_token", "invalidated_tokens", username="py_joe", realm_name="default_native")
    by_token.refuse(401, "authenticate")


def accounts(d):
    account = {"namespace": "elastic", "service": "fleet-server"}
    d.call("get_service_accounts", "elastic/kibana.role_descriptor")
    d.call("get_service_accounts", "elastic/fleet-server.role_descriptor.cluster", **account)
    made = d.call("create_service_token", "created", "token.value", name="py-token", **account)
    unnamed = d.call("create_service_token", "token.name", **account)
    by_account = d.by(bearer_auth=made["token"]["value"])
    assert by_account.call("authenticate", "token.type")["username"] == "elastic/fleet-server"
    held = d.call("get_service_credentials", "tokens.py-token", "nodes_credentials._nodes", **account)
    assert held["count"] == 2
    d.call("clear_cached_service_tokens", "_nodes.successful", name=["py-token"], **account)
    for name in ("py-token", unnamed["token"]["name"]):
        assert d.call("delete_service_token", name=name, **account)["found"] is True
    by_account.refuse(401, "authenticate")


def profiles(d):
    made = d.call("activate_user_profile", "uid", "_doc._seq_no", grant_type="password", username="py_joe",
                  password="secret-3")
    uid = made["uid"]
    d.call("update_user_profile_data", "acknowledged", uid=uid, labels={"team": "py"}, data={"app": {"a": 1, "b": 2}})
    shown = d.call("get_user_profile", "profiles.0.user.realm_name", uid=[uid], data="app.a")
    assert shown["profiles"][0]["data"] == {"app": {"a": 1}}
    place = shown["profiles"][0]["_doc"]
    d.call("update_user_profile_data", uid=uid, data={"app": {"a": 3}}, if_seq_no=place["_seq_no"],
           if_primary_term=place["_primary_term"])
    d.refuse(409, "update_user_profile_data", uid=uid, data={"app": {"a": 4}}, if_seq_no=place["_seq_no"],
             if_primary_term=place["_primary_term"])
    found = d.call("suggest_user_profiles", "profiles.0.uid", "total.value", name="joe", size=3, data="*",
                   hint={"uids": [uid], "labels": {"team": ["py"]}})
    assert found["profiles"][0]["data"]["app"]["a"] == 3
    held = d.call("has_privileges_user_profile", uids=[uid, "none"], privileges={"cluster": ["monitor"]})
    assert (held["has_privilege_uids"], held["errors"]["count"]) == ([uid], 1)
    d.call("disable_user_profile", "acknowledged", uid=uid)
    d.call("enable_user_profile", "acknowledged", uid=uid)


def cluster(d):
    d.call("get_settings", "security.index", "security-tokens.index", master_timeout="5s")
    d.call("update_settings", "acknowledged", security={"index.number_of_replicas": 1, "index.auto_expand_replicas": None},
           security_profile={"index": {"number_of_replicas": "0"}}, timeout="5s")
    assert d.call("get_settings")["security"]["index"]["number_of_replicas"] == "1"
    assert d.refuse(400, "update_settings", security={"index.codec": "x"})
    d.call("get_stats", "nodes")
    d.call("clear_cached_realms", "nodes", realms=["default_native"], usernames=["py_joe"])
    d.call("enroll_kibana", "token.value", "http_ca")
    d.call("enroll_node", "http_ca_key", "nodes_addresses")


def proof(kind, place=""):
    """Asks whoever started this script, who holds the identity provider, for what a browser would come back with."""
    print(json.dumps({"proof": kind, "at": place}), flush=True)
    return json.loads(sys.stdin.readline())


def sso(d):
    """Single sign-on, by realms that trust the identity provider of the stack."""
    made = d.call("delegate_pki", "access_token", x509_certificate_chain=proof("certificate_chain"))
    assert d.by(bearer_auth=made["access_token"]).call("authenticate")["authentication_realm"]["type"] == "pki"

    asked = d.call("oidc_prepare_authentication", "state", "nonce", "realm", realm="oidc1")
    made = d.call("oidc_authenticate", "refresh_token", realm="oidc1", state=asked["state"], nonce=asked["nonce"],
                  redirect_uri=proof("oidc_login", asked["redirect"]))
    assert d.by(bearer_auth=made["access_token"]).call("authenticate")["authentication_realm"]["type"] == "oidc"
    d.call("oidc_logout", "redirect", token=made["access_token"], refresh_token=made["refresh_token"])
    d.by(bearer_auth=made["access_token"]).refuse(401, "authenticate")

    asked = d.call("saml_prepare_authentication", "id", "realm", realm="saml1")
    made = d.call("saml_authenticate", "username", "refresh_token", realm="saml1", ids=[asked["id"]],
                  content=proof("saml_login", asked["redirect"]))
    assert d.by(bearer_auth=made["access_token"]).call("authenticate")["authentication_realm"]["type"] == "saml"
    goodbye = d.call("saml_logout", "id", token=made["access_token"], refresh_token=made["refresh_token"])
    d.by(bearer_auth=made["access_token"]).refuse(401, "authenticate")
    d.call("saml_complete_logout", realm="saml1", ids=[goodbye["id"]],
           query_string=proof("saml_logout", goodbye["redirect"]))
    d.call("saml_invalidate", "invalidated", "redirect", realm="saml1", query_string=proof("saml_logout_request"))
    d.call("saml_service_provider_metadata", "metadata", realm_name="saml1")


if __name__ == "__main__":
    try:
        main()
    except (AssertionError, Refused) as problem:
        sys.exit(f"{problem}")
