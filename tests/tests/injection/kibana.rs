//! Typed calls of Kibana: names in paths, texts and lists in queries, inside and outside of spaces. (Every operation's turn
//! comes in `calls`, where all of Kibana is built.)

use elkit::testing::Server;
use elkit::{Error, Kibana};

use super::{decoded, pairs, refused, texts};

/// A call with a text in it: what the server is to read, and what came of it.
struct Sent {
    path: Vec<String>,
    query: Vec<(&'static str, String)>,
    result: Result<(), Error>,
}

async fn send_all(kibana: &Kibana, text: &str) -> [Sent; 4] {
    let sent = |path: &[&str], query: &[&'static str], result: Result<_, Error>| Sent {
        path: path.iter().map(|segment| (*segment).to_owned()).collect(),
        query: query.iter().map(|name| (*name, text.to_owned())).collect(),
        result: result.map(drop::<elkit::Response<elkit::response::Binary>>),
    };
    let monitors = kibana.synthetics().monitors();
    let list = monitors.list().filter(text).locations([text, text]).query(text).use_logical_and_for([text, text]);
    [
        sent(&["api", "security", "role", text], &[], kibana.roles().get(text).send_raw().await),
        sent(&["api", "spaces", "space", text], &[], kibana.spaces().delete(text).send_raw().await),
        sent(&["api", "synthetics", "monitors", text], &[], monitors.get(text).send_raw().await),
        sent(
            &["api", "synthetics", "monitors"],
            &["filter", "locations", "locations", "query", "useLogicalAndFor", "useLogicalAndFor"],
            list.send_raw().await,
        ),
    ]
}

#[tokio::test]
async fn names_lists_and_texts() {
    let mut arrived = 0;
    for text in texts() {
        let server = Server::start([]).unwrap();
        let kibana = Kibana::builder(format!("{}/prefix", server.url())).build().unwrap();
        for (space, kibana) in [(None, kibana.clone()), (Some("s"), kibana.space("s").unwrap())] {
            let before = server.requests().len();
            let all = send_all(&kibana, &text).await;
            let mut requests = server.requests().split_off(before).into_iter();
            for sent in all {
                let in_path = sent.query.is_empty();
                if in_path && matches!(&*text, "" | "." | "..") {
                    refused(&sent.result.unwrap_err()).unwrap();
                    continue;
                }
                sent.result.unwrap_or_else(|error| panic!("{text:?}: {error}"));
                let target = requests.next().expect("one request for each call").target;
                let (path, query) =
                    target.split_once('?').map_or((&*target, Vec::new()), |(path, query)| (path, pairs(query)));
                let segments: Vec<_> = path.split('/').map(decoded).collect();
                let base: Vec<&str> =
                    ["", "prefix"].into_iter().chain(space.map(|id| ["s", id]).into_iter().flatten()).collect();
                // Roles are the same in all spaces, and so are the spaces.
                let global = [&["", "prefix"][..], &sent.path.iter().map(String::as_str).collect::<Vec<_>>()].concat();
                let local = [&base[..], &sent.path.iter().map(String::as_str).collect::<Vec<_>>()].concat();
                assert!(segments == local || segments == global, "{text:?}: {target}");
                let query: Vec<_> = query.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
                assert_eq!(query, sent.query, "{text:?}: {target}");
                arrived += 1;
            }
            assert!(requests.next().is_none(), "{text:?}: and no other");
        }
    }
    assert!(arrived > 2_000, "{arrived} requests");
}
