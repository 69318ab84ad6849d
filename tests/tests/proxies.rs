//! What stands between client and server: a proxy that the builder or the environment names, a squid that wants a
//! password, an nginx that speaks TLS and keeps the products under path prefixes.
#![cfg(unix)]

mod proxy_support;
#[allow(dead_code, reason = "other targets use the rest")]
mod tls_support;

use std::process::Command;

use elkit::testing::Server as Plain;
use elkit::{Builder, Elasticsearch, Error, ErrorKind, Kibana, Method, Response};
use elkit_stack::Stack;
use serde_json::{Value, json};

use proxy_support::{Program, Proxy, free_port};
use tls_support::{Ca, Server};

async fn call(builder: Builder<Elasticsearch>) -> Result<Response<Value>, Error> {
    builder.build()?.request(Method::POST, "/a%2Fb").send::<Value>().await
}

#[tokio::test]
async fn the_builder_names_a_proxy() {
    let (ca, proxy) = (Ca::new(), Proxy::start());
    let server = Server::start(&ca, ca.sign(&["127.0.0.1"], |_| {}), false);
    let address = server.url().trim_start_matches("https://");
    let builder = || Elasticsearch::builder(server.url()).ca_cert(ca.pem());

    call(builder().proxy(proxy.url())).await.unwrap();
    assert_eq!(proxy.take(), [format!("CONNECT {address} HTTP/1.1")]);
    call(builder().proxy(format!("http://me:p%40ss@{}", proxy.address()))).await.unwrap();
    assert_eq!(proxy.take(), [format!("CONNECT {address} HTTP/1.1 as Basic bWU6cEBzcw==")]);
    call(builder().proxy(proxy.url()).no_proxy()).await.unwrap();
    assert_eq!((proxy.take().len(), server.requests()), (0, 3));

    let plain = Plain::start([]).unwrap();
    call(Elasticsearch::builder(plain.url()).proxy(proxy.url())).await.unwrap();
    assert_eq!(
        proxy.take(),
        [format!("POST {}/a%2Fb HTTP/1.1", plain.url())],
        "without TLS, the whole URL is asked for"
    );
    assert!(plain.requests().is_empty());
}

#[tokio::test]
async fn a_proxy_that_lets_nobody_through() {
    let ca = Ca::new();
    let server = Server::start(&ca, ca.sign(&["127.0.0.1"], |_| {}), false);
    for (status, hint) in [
        ("407 Proxy Authentication Required", "the proxy wants a user name and password"),
        ("403 Forbidden", "the proxy makes no connection to the server"),
    ] {
        let proxy = Proxy::refusing(status);
        let builder = Elasticsearch::builder(server.url()).ca_cert(ca.pem()).max_retries(0);
        let builder = builder.proxy(format!("http://me:canary@{}", proxy.address()));
        let error = call(builder.clone()).await.unwrap_err();
        assert_eq!((error.kind(), proxy.take().len()), (ErrorKind::Connection, 1));
        assert!(error.to_string().contains(hint), "{error}");
        assert!(!format!("{builder:?} {error:?}").contains("canary"), "{builder:?} {error:?}");
    }
    let dead = Plain::dead().unwrap();
    let error = call(Elasticsearch::builder(server.url()).ca_cert(ca.pem()).max_retries(0).proxy(dead)).await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Connection);
    assert_eq!(server.requests(), 0);
}

#[test]
fn what_is_no_proxy() {
    for (url, part) in [
        ("proxy:3128", "no scheme"),
        ("proxy", "no scheme"),
        ("socks5://canary@proxy:1080", "neither http nor https (the URL of the proxy)"),
        ("http://u:canary@proxy:99999", "can't be parsed (the URL of the proxy)"),
        ("http://u:canary@proxy/path", "the URL of the proxy has a path"),
    ] {
        let error = Elasticsearch::builder("http://h").proxy(url).build().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert!(error.to_string().contains(part), "{error}");
        assert!(!format!("{error:?}").contains("canary"), "{error:?}");
    }
}

const VARIABLES: [&str; 4] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"];

/// What the builder is told in the other process, beside the environment.
const TOLD: &str = "ELKIT_TEST_PROXY";
const URL: &str = "ELKIT_TEST_URL";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_environment_names_a_proxy() {
    let (ca, proxy) = (Ca::new(), Proxy::start());
    let tls = Server::start(&ca, ca.sign(&["127.0.0.1"], |_| {}), false);
    let plain = Plain::start([]).unwrap();
    let (with_user, dead) = (format!("http://me:pw@{}", proxy.address()), Plain::dead().unwrap());
    let (at, bare, user, dead) = (&*proxy.url(), proxy.address(), &*with_user, &*dead);
    for (environment, told, url, proxied) in [
        (&[("HTTPS_PROXY", at)][..], "", tls.url(), Some("CONNECT")),
        (&[("https_proxy", at)], "", tls.url(), Some("CONNECT")),
        (&[("HTTPS_PROXY", bare)], "", tls.url(), Some("CONNECT")),
        (&[("ALL_PROXY", at)], "", tls.url(), Some("CONNECT")),
        (&[("HTTPS_PROXY", user)], "", tls.url(), Some("as Basic bWU6cHc=")),
        (&[("HTTP_PROXY", at)], "", tls.url(), None),
        (&[("HTTPS_PROXY", at), ("NO_PROXY", "example.org,127.0.0.1")], "", tls.url(), None),
        (&[("HTTPS_PROXY", at), ("NO_PROXY", "127.0.0.0/8")], "", tls.url(), None),
        (&[("HTTPS_PROXY", at), ("NO_PROXY", "*")], "", tls.url(), None),
        (&[("HTTPS_PROXY", at), ("NO_PROXY", "example.org")], "", tls.url(), Some("CONNECT")),
        (&[("HTTP_PROXY", at)], "", plain.url(), Some("POST http://")),
        (&[("HTTP_PROXY", user)], "", plain.url(), Some("as Basic bWU6cHc=")),
        (&[("HTTPS_PROXY", at)], "", plain.url(), None),
        (&[("HTTPS_PROXY", dead)], "none", tls.url(), None),
        (&[("HTTPS_PROXY", dead), ("NO_PROXY", "*")], at, tls.url(), Some("CONNECT")),
    ] {
        let mut command = Command::new(std::env::current_exe().unwrap());
        VARIABLES.iter().for_each(|name| {
            command.env_remove(name).env_remove(name.to_lowercase());
        });
        command.args(["--exact", "in_this_environment", "--ignored"]).envs(environment.iter().copied());
        let output = tokio::task::block_in_place(|| command.env(TOLD, told).env(URL, url).output().unwrap());
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && text.contains("1 passed"), "{environment:?} {told}: {text}");
        let seen = proxy.take();
        match proxied {
            None => assert!(seen.is_empty(), "{environment:?} {told}: {seen:?}"),
            Some(part) => assert!(seen.len() == 1 && seen[0].contains(part), "{environment:?} {told}: {seen:?}"),
        }
    }
}

#[tokio::test]
#[ignore = "run by `the_environment_names_a_proxy`, in other environments"]
async fn in_this_environment() {
    let url = std::env::var(URL).expect("run by `the_environment_names_a_proxy` alone");
    let builder = Elasticsearch::builder(&*url);
    let builder = if url.starts_with("https") { builder.danger_accept_invalid_certs() } else { builder };
    let builder = match &*std::env::var(TOLD).unwrap() {
        "" => builder,
        "none" => builder.no_proxy(),
        proxy => builder.proxy(proxy),
    };
    call(builder).await.unwrap();
}

/// Both products behind one port: `/es` and `/kb`, by TLS and HTTP/2.
#[tokio::test]
async fn nginx_with_tls_and_prefixes() {
    let stack = Stack::start().await.unwrap();
    let (ca, port) = (Ca::new(), free_port());
    let (certificate, key) = ca.sign(&["localhost"], |_| {});
    let conf = format!(
        "daemon off; master_process off; error_log DIR/log; pid DIR/pid; events {{}}
         http {{
             access_log off; client_body_temp_path DIR/1; proxy_temp_path DIR/2; fastcgi_temp_path DIR/3;
             uwsgi_temp_path DIR/4; scgi_temp_path DIR/5; proxy_http_version 1.1;
             server {{
                 listen 127.0.0.1:{port} ssl http2; ssl_certificate DIR/cert; ssl_certificate_key DIR/key;
                 add_header x-spoken $server_protocol always;
                 location /es/ {{ proxy_pass {}/; }}
                 location /kb/ {{ proxy_pass {}/; }}
             }}
         }}",
        stack.elasticsearch_url(),
        stack.kibana_url()
    );
    let (certificate, key) = (tls_support::pem("CERTIFICATE", &certificate), key.serialize_pem());
    let files = [("conf", &*conf), ("cert", &*certificate), ("key", &*key)];
    let Some(_nginx) = Program::start("nginx", &["-e", "DIR/log", "-c", "DIR/conf"], port, &files) else { return };

    let es = Elasticsearch::builder(format!("https://localhost:{port}/es/")).ca_cert(ca.pem()).no_proxy();
    let es = es.basic_auth("elastic", stack.elastic_password()).build().unwrap();
    let me = es.security().authenticate().send().await.unwrap();
    assert_eq!((&*me.username, &me.headers()["x-spoken"]), ("elastic", &"HTTP/2.0".try_into().unwrap()));
    es.security().put_role("role 1").cluster(["monitor"]).send().await.unwrap();
    let roles = es.security().get_role().name("role 1").send().await.unwrap();
    assert!(roles.contains_key("role 1"));

    let kibana = Kibana::builder(format!("https://localhost:{port}/kb")).ca_cert(ca.pem()).no_proxy();
    let kibana = kibana.basic_auth("elastic", stack.elastic_password()).build().unwrap();
    let space = json!({"id": "marketing", "name": "Marketing"});
    kibana.request(Method::POST, "/api/spaces/space").json(&space).send::<Value>().await.unwrap();
    let views = kibana.space("marketing").unwrap().request(Method::GET, "/api/data_views");
    views.send::<Value>().await.unwrap();
    let last = stack.requests().pop().unwrap();
    assert_eq!(last.path, "/s/marketing/api/data_views", "nginx took its own prefix off");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn squid_with_a_password() {
    // It takes any name and password, and comes with Debian's squid.
    const HELPER: &str = "/usr/lib/squid/basic_fake_auth";
    if !std::path::Path::new(HELPER).is_file() {
        eprintln!("skipped: squid is not installed as on Debian; `bash .ci/proxies` installs it there");
        return;
    }
    let port = free_port();
    let conf = format!(
        "http_port 127.0.0.1:{port}
         auth_param basic program {HELPER}
         auth_param basic children 1 startup=1 idle=1
         acl known proxy_auth REQUIRED
         http_access allow known
         http_access deny all
         access_log stdio:DIR/access
         cache_log DIR/log
         pid_filename DIR/pid
         coredump_dir DIR
         cache deny all
         pinger_enable off
         visible_hostname squid.test\n"
    );
    let Some(squid) = Program::start("squid", &["-N", "-f", "DIR/conf"], port, &[("conf", &*conf)]) else { return };
    let stack = Stack::builder().tls().start().await.unwrap();
    let url = stack.elasticsearch_url();
    let es = |proxy: String| {
        let builder = Elasticsearch::builder(&*url).ca_cert(stack.ca_pem().unwrap()).max_retries(0).proxy(proxy);
        builder.basic_auth("elastic", stack.elastic_password()).build().unwrap()
    };
    let anonymous = es(format!("http://127.0.0.1:{port}"));
    let error = anonymous.security().authenticate().send().await.unwrap_err();
    assert!(error.to_string().contains("the proxy wants a user name and password"), "{error}");
    assert!(stack.requests().is_empty());

    let known = es(format!("http://operator:pw@127.0.0.1:{port}"));
    let me = known.security().authenticate().send().await.unwrap();
    assert_eq!(me.username, "elastic");
    let request = stack.requests().pop().unwrap();
    assert!(!request.headers.iter().any(|(name, _)| name.as_str().starts_with("proxy-")), "that is squid's alone");
    drop(known);
    // Squid notes a tunnel when it ends.
    squid.wait_for("access", &format!("CONNECT {} operator", url.trim_start_matches("https://")));

    let plain = Plain::start([]).unwrap();
    let proxy = format!("http://operator:pw@127.0.0.1:{port}");
    let answer = call(Elasticsearch::builder(plain.url()).proxy(proxy)).await.unwrap();
    assert!(answer.headers()["via"].to_str().unwrap().contains("squid.test"));
    assert_eq!(plain.requests()[0].target, "/a%2Fb");
}
