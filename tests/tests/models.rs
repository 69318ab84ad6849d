//! Requests and models as plain data: what setters take, which formats models stand in, what threads may hold.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Debug;

use elkit::auth::{ApiKey, Bearer, Credentials};
use elkit::elasticsearch::security::*;
use elkit::rt::{Endpoint, Wire};
use elkit::types::{Duration, Extra, Lazy, OneOrMany};
use elkit::{Builder, Config, Elasticsearch, Error, Kibana, RequestOptions, Response, Secret};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Every form stands for the same body.
#[track_caller]
fn same<T: Serialize + Debug>(values: impl IntoIterator<Item = T>, expected: Value) {
    for value in values {
        assert_eq!(serde_json::to_value(&value).unwrap(), expected, "{value:?}");
    }
}

fn client() -> Elasticsearch {
    Elasticsearch::builder("http://localhost:9200").build().unwrap()
}

/// The body of a call.
#[track_caller]
fn body(request: &impl Endpoint) -> Value {
    serde_json::from_slice(request.body().unwrap().as_bytes().unwrap()).unwrap()
}

#[test]
fn lists() {
    let owned = || "a".to_owned();
    let (strings, texts) = (vec![owned(), "b".to_owned()], vec!["a", "b"]);
    let role = RoleDescriptor::new;
    let all = || json!({"run_as": ["a", "b"], "cluster": ["a", "b"]});
    same(
        [
            role().run_as(["a", "b"]).cluster(["a", "b"]),
            role().run_as([owned(), "b".to_owned()]).cluster([owned(), "b".to_owned()]),
            role().run_as(texts.clone()).cluster(texts.clone()),
            role().run_as(strings.clone()).cluster(strings.clone()),
            role().run_as(&strings).cluster(&strings),
            role().run_as(strings.as_slice()).cluster(strings.as_slice()),
            role().run_as(texts.iter().copied()).cluster(texts.iter().copied()),
            role().run_as(strings.iter().filter(|_| true)).cluster(strings.iter().filter(|_| true)),
            role()
                .run_as(BTreeMap::from([("a", 1), ("b", 2)]).into_keys())
                .cluster(["a", "b"].map(ClusterPrivilege::from)),
            role().run_as(Some("a").into_iter().chain(["b"])).cluster(vec!["a".into(), ClusterPrivilege::from("b")]),
        ],
        all(),
    );
    same(
        [role().run_as(Vec::<String>::new()), role().run_as([""; 0]), role().run_as(None::<&str>)],
        json!({"run_as": []}),
    );
    same([role()], json!({}));
}

#[test]
fn one_or_many() {
    let strings = vec!["a".to_owned(), "b".to_owned()];
    let grant = |grant: OneOrMany<String>| FieldSecurity::new().grant(grant);
    let many: [OneOrMany<String>; 9] = [
        ["a", "b"].into(),
        (&["a", "b"]).into(),
        ["a", "b"][..].into(),
        vec!["a", "b"].into(),
        strings.clone().into(),
        (&strings).into(),
        strings.as_slice().into(),
        strings.iter().cloned().collect(),
        OneOrMany::Many(strings.clone()),
    ];
    same(many.map(grant), json!({"grant": ["a", "b"]}));
    same(
        ["a".into(), "a".to_owned().into(), (&strings[0]).into(), OneOrMany::One("a".into())].map(grant),
        json!({"grant": "a"}),
    );
    same([Vec::<String>::new().into(), [""; 0].into()].map(grant), json!({"grant": []}));
}

#[test]
fn maps() {
    let role = || RoleDescriptor::new().cluster(["all"]);
    let name = "r".to_owned();
    let security = client().security();
    let create = || security.create_api_key();
    for call in [
        create().role_descriptors([("r", role())]),
        create().role_descriptors(vec![(name.clone(), role())]),
        create().role_descriptors([(&name, role())]),
        create().role_descriptors(BTreeMap::from([("r", role())])),
        create().role_descriptors(HashMap::from([(name.clone(), role())])),
        create().role_descriptors(Some(("r", role()))),
    ] {
        assert_eq!(body(call.request()), json!({"role_descriptors": {"r": {"cluster": ["all"]}}}));
    }
    let json = json!({"team": "a", "level": 1});
    for call in [
        create().metadata([("team", json!("a")), ("level", json!(1))]),
        create().metadata(json.as_object().unwrap().clone()),
        create().metadata(json.as_object().cloned().into_iter().flatten()),
    ] {
        assert_eq!(body(call.request()), json!({"metadata": json}));
    }
    assert_eq!(body(create().metadata([("team", "a")]).request()), json!({"metadata": {"team": "a"}}));
    assert_eq!(body(create().metadata(BTreeMap::<String, Value>::new()).request()), json!({"metadata": {}}));
    let read = || ApplicationPrivilegeDescriptor::new(["data:read"]);
    for call in [
        security.put_privileges([("app", [("read", read())])]),
        security.put_privileges([("app", BTreeMap::from([("read", read())]))]),
        security.put_privileges(HashMap::from([("app".to_owned(), vec![("read", read())])])),
    ] {
        assert_eq!(body(call.request()), json!({"app": {"read": {"actions": ["data:read"]}}}));
    }
}

#[test]
fn scalars_and_secrets() {
    let (text, secret) = ("s3cret".to_owned(), Secret::from("s3cret"));
    let (name, expiration) = ("u".to_owned(), "1d".to_owned());
    let security = client().security();
    for call in [
        security.put_user("u").password("s3cret"),
        security.put_user("u".to_owned()).password(text.clone()),
        security.put_user(&name).password(&text),
        security.put_user("u").password(secret.clone()),
        security.put_user(Box::<str>::from("u")).password(&secret),
    ] {
        assert_eq!(body(call.request()), json!({"password": "s3cret"}));
        assert_eq!(call.request().username, "u");
    }
    let day = std::time::Duration::from_secs(86_400);
    for call in [
        security.create_api_key().expiration("1d"),
        security.create_api_key().expiration("1d".to_owned()),
        security.create_api_key().expiration(&expiration),
        security.create_api_key().expiration(day),
        security.create_api_key().expiration(Duration::from(day)),
    ] {
        assert_eq!(body(call.request()), json!({"expiration": "1d"}));
    }
    let lazy = || IndicesPrivileges::new("a", ["read"]);
    let query = json!({"match_all": {}});
    same(
        [lazy().query(query.to_string()), lazy().query(&*query.to_string())],
        json!({
        "names": "a", "privileges": ["read"], "query": query.to_string()}),
    );
    same([lazy().query(Lazy::from_json(query.clone()))], json!({"names": "a", "privileges": ["read"], "query": query}));
}

/// Requests are data: made without a client, compared, changed, sent by any.
#[test]
fn requests() {
    let call = client().security().put_user("u").roles(["viewer"]);
    let mut request = PutUserRequest::new("u");
    request.roles = Some(vec!["viewer".to_owned()]);
    assert_eq!(*call.request(), request);
    let mut other = call.clone();
    other.request_mut().enabled = Some(false);
    assert_ne!(other.request(), call.request());
    assert_eq!(body(&other.into_request()), json!({"roles": ["viewer"], "enabled": false}));
    request.extra.insert("new", json!([1]));
    assert_eq!(body(&request), json!({"roles": ["viewer"], "new": [1]}));
    assert_eq!(body(client().security().put_user("u").email_null().request()), json!({"email": null}));
}

/// Role descriptors live in files, in any self-describing format, with members and values that no version knows.
#[test]
fn formats() {
    let toml = r#"
        cluster = ["monitor", "fly"]
        description = "reads logs"
        new = { deep = [1, 2.5, true] }

        [[indices]]
        names = "logs-*"
        privileges = ["read"]
        query = '{"term":{"public":true}}'
        field_security = { grant = ["*"], except = "secret" }

        [metadata]
        version = 3
    "#;
    let role: RoleDescriptor = toml::from_str(toml).unwrap();
    assert_eq!(role.cluster.as_ref().unwrap()[1].as_str(), "fly");
    assert_eq!(role.extra.get("new"), Some(&json!({"deep": [1, 2.5, true]})));
    let again: RoleDescriptor = toml::from_str(&toml::to_string(&role).unwrap()).unwrap();
    assert_eq!(again, role);
    let value = serde_json::to_value(&role).unwrap();
    assert_eq!(serde_json::from_value::<RoleDescriptor>(value.clone()).unwrap(), role);
    assert_eq!(serde_json::from_reader::<_, RoleDescriptor>(value.to_string().as_bytes()).unwrap(), role);
    assert_eq!(value, serde_json::to_value(toml::from_str::<toml::Table>(toml).unwrap()).unwrap());

    let mapping = "[rules]\nall = [{ field = { username = 'a*' } }, { except = { field = { dn = ['x', 'y'] } } }]";
    let mapping: BTreeMap<String, RoleMappingRule> = toml::from_str(mapping).unwrap();
    let expected = RoleMappingRule::all([
        RoleMappingRule::field("username", "a*"),
        RoleMappingRule::except(RoleMappingRule::field("dn", ["x", "y"])),
    ]);
    assert_eq!(mapping["rules"], expected);

    // As strict as serde users expect: nothing is corrected here.
    assert!(
        serde_json::from_str::<IndicesPrivileges>(r#"{"names":"a"}"#).unwrap_err().to_string().contains("privileges")
    );
    assert!(toml::from_str::<RoleDescriptor>("cluster = 7").is_err());
}

#[test]
fn threads_may_hold_everything() {
    fn value<T: Clone + Debug + PartialEq + Send + Sync + 'static>() {}
    fn model<T: Clone + Debug + PartialEq + Wire + Serialize + DeserializeOwned + Send + Sync + 'static>() {}
    fn handle<T: Clone + Debug + Send + Sync + 'static>() {}
    fn future<F: Future + Send + 'static>(_: F) {}
    model::<RoleDescriptor>();
    model::<CreateApiKeyResponse>();
    model::<RoleMappingRule>();
    model::<ClusterPrivilege>();
    model::<OneOrMany<String>>();
    model::<Lazy<RoleQuery>>();
    value::<CreateApiKeyRequest>();
    value::<Secret<String>>();
    value::<Extra>();
    value::<ApiKey>();
    value::<Bearer>();
    value::<Credentials>();
    handle::<Elasticsearch>();
    handle::<Kibana>();
    handle::<Config>();
    handle::<Builder<Elasticsearch>>();
    handle::<RequestOptions>();
    handle::<Security>();
    handle::<CreateApiKey>();
    handle::<Response<CreateApiKeyResponse>>();
    fn error<T: std::error::Error + Send + Sync + 'static>() {}
    error::<Error>();
    future(client().security().create_api_key().send());
    future(client().security().get_user().send_optional());
}
