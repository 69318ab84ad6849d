//! URLs that say just what the call says.

use elkit::elasticsearch::security::RoleMappingRule;
use elkit::kibana::roles::NewElasticsearchPrivileges;
use elkit::testing::Server;
use elkit::{Elasticsearch, Kibana};
use elkit_stack::Stack;

use crate::wait;

/// terraform-provider-elasticstack#933: a parameter of one call turns up in the next.
#[test]
fn class_12_a_parameter_stays_with_its_call() {
    let server = Server::start([]).unwrap();
    let es = Elasticsearch::builder(server.url()).build().unwrap();
    let kibana = Kibana::builder(server.url()).build().unwrap();
    let plain = es.security().get_role().name(["r"]);
    let traced = plain.clone().options(|o| o.query("pretty", true).header("x-a", "1"));
    let handle = es.options(|o| o.query("human", true));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let _ = kibana.roles().put("r", NewElasticsearchPrivileges::new()).create_only(true).send_raw().await.unwrap();
        let _ = kibana.roles().get("r").send_raw().await.unwrap();
        let _ = es.security().put_user("u").refresh("wait_for").password("secret").send_raw().await.unwrap();
        let _ = es.security().get_user().username("u").send_raw().await.unwrap();
        let _ = traced.clone().send_raw().await.unwrap();
        let _ = plain.clone().send_raw().await.unwrap();
        let _ = handle.security().get_role().send_raw().await.unwrap();
        let _ = es.security().get_role().send_raw().await.unwrap();
    });
    let sent = server.requests();
    let targets: Vec<_> = sent.iter().map(|sent| sent.target.as_str()).collect();
    assert_eq!(
        targets,
        [
            "/api/security/role/r?createOnly=true",
            "/api/security/role/r",
            "/_security/user/u?refresh=wait_for",
            "/_security/user/u",
            "/_security/role/r?pretty=true",
            "/_security/role/r",
            "/_security/role?human=true",
            "/_security/role",
        ]
    );
    let marked: Vec<_> = sent.iter().map(|sent| sent.headers.contains_key("x-a")).collect();
    assert_eq!(marked, [false, false, false, false, true, false, false, false]);
}

/// elasticsearch-php#1048 (a slash), elastic4s#2352 (`+` for a blank), spring-data-elasticsearch#1922 (encoded twice).
#[test]
fn class_13_names_arrive_as_they_are() {
    let stack = Stack::start_blocking().unwrap();
    let es = Elasticsearch::builder(stack.elasticsearch_url()).basic_auth("elastic", stack.elastic_password());
    let es = es.build().unwrap();
    let security = es.security();
    for (name, segment) in [
        ("a/b", "a%2Fb"),
        ("a b", "a%20b"),
        ("a+b", "a%2Bb"),
        ("a%2Fb", "a%252Fb"),
        ("a%20b", "a%2520b"),
        ("a?b=c&d#e", "a%3Fb%3Dc%26d%23e"),
        ("../a", "..%2Fa"),
        ("日本", "%E6%97%A5%E6%9C%AC"),
        ("-._~", "-._~"),
    ] {
        stack.clear_requests();
        let rules = RoleMappingRule::field("username", "*");
        wait(security.put_role_mapping(name).roles(["viewer"]).rules(rules).send()).unwrap();
        let found = wait(security.get_role_mapping().name([name]).send()).unwrap();
        assert_eq!(found.keys().collect::<Vec<_>>(), [name]);
        assert!(wait(security.delete_role_mapping(name).send()).unwrap().found);
        assert_eq!(stack.requests().len(), 3, "each is sent once");
        // What the wire says, as no router has touched it.
        let server = Server::start([]).unwrap();
        let raw = Elasticsearch::builder(server.url()).build().unwrap();
        let call = raw.security().put_role(name).options(|o| o.query("q", name));
        wait(call.cluster(["all"]).send_raw()).unwrap();
        assert_eq!(server.requests()[0].target, format!("/_security/role/{segment}?q={segment}"));
    }
}
