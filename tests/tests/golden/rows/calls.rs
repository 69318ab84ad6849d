//! Calls: which URL and verb, what stands in the query and the body, and names that others would want.

use elkit::response::FromBody;
use elkit::rt::{Endpoint, Paged};

use crate::code;
use crate::harness::{check, es, holds, json, kibana, line, refused, sent};

#[test]
fn routes() {
    use code::routes::shop::*;
    let both = es().shop().pick("s").name("n").code(1);
    check([
        sent(es().shop().get().into_request(), "GET /_shop"),
        sent(es().shop().get().shelf(["a", "b*"]).into_request(), "GET /_shop/a,b*"),
        sent(es().shop().get().shelf(["a"]).r#box("c/d").into_request(), "GET /_shop/a/c%2Fd"),
        refused(es().shop().get().r#box("c").into_request(), "`box` needs `shelf`"),
        refused(es().shop().get().shelf([""; 0]).into_request(), "`shelf` is an empty list"),
        refused(es().shop().get().shelf([".."]).into_request(), "would change the route"),
        sent(es().shop().pick("s").into_request(), "GET /_shop/s"),
        sent(es().shop().pick("s").name("n").into_request(), "GET /_shop/s/_by_name/n"),
        sent(es().shop().pick("s").code(1).into_request(), "GET /_shop/s/_by_code/1"),
        refused(both.into_request(), "stands in no URL of this call together with the others given"),
    ]);
}

#[test]
fn verbs() {
    use code::verbs::shop::*;
    check([
        sent(es().shop().index("t").into_request(), "POST /_shop/t"),
        sent(es().shop().index("t").id("1").into_request(), "PUT /_shop/t/1"),
        sent(es().shop().index("t").id("1").part("p").into_request(), "POST /_shop/t/1/_more/p"),
        sent(es().shop().put_item().name("n").into_request(), r#"PUT /_shop/item {"name":"n"}"#),
        sent(es().shop().search().into_request(), "POST /_shop/_search"),
        sent(es().shop().exists().into_request(), "HEAD /_shop/item"),
    ]);
}

#[test]
fn body_map() {
    use code::body_map::shop::*;
    check([
        sent(
            es().shop().put_prices([("a", [("b", Price::new(1))])]).dry(true).into_request(),
            r#"PUT /_shop/prices?dry=true {"a":{"b":{"amount":1}}}"#,
        ),
        json::<PutPricesResponse>(r#"{"a":{"amount":1}}"#),
    ]);
}

#[test]
fn body_value() {
    use code::body_value::shop::*;
    check([
        sent(es().shop().add("top", [Item::new("a")]).into_request(), r#"POST /_shop/top/add [{"sku":"a"}]"#),
        sent(es().shop().pay("x").into_request(), r#"POST /_shop/pay "x""#),
        sent(es().shop().pay(Item::new("a")).into_request(), r#"POST /_shop/pay {"sku":"a"}"#),
        sent(es().shop().set().into_request(), "POST /_shop/set"),
        sent(es().shop().set().body(State::On).into_request(), r#"POST /_shop/set "on""#),
        json::<PayResponse>(r#""on""#),
        json::<SetResponse>("true"),
    ]);
}

#[test]
fn no_content() {
    use code::no_content::shop::*;
    fn is_none<R: Endpoint<Response = elkit::response::NoContent>>(_: &R) -> bool {
        true
    }
    let request = es().shop().delete("a").into_request();
    check([holds("nothing is decoded", is_none(&request)), sent(request, "DELETE /_shop/a")]);
}

#[test]
fn collisions() {
    use code::collisions::shop::*;
    let call = es().shop().update("n").query_name(true).body_name("b").id("1").body_id("2").self_("s");
    check([
        sent(
            call.body_new_null().new_null("x").body_extra("e").into_request(),
            r#"PUT /_shop/n?name=true&self=s {"name":"b","id":"1","_id":"2","extra":"e","new":null,"new_null":"x"}"#,
        ),
        sent(
            es().shop().update("n").path("p").query_path("q").query("r").query_send(1).into_request(),
            "POST /_shop/n/p?query=r&path=q&send=1",
        ),
        json::<UpdateResponse>(r#"{"_id":"1","id":"2","__id":"3","extra":"4","Id":"5","type":"6","r#type":"7"}"#),
        json::<ShopItem>(r#"{"_source":"a","source":"b","new":"c","extra":"d","key":{"k":1},"item":[1],"clone":true}"#),
        sent(es().shop().item("o").into_request(), "GET /_shop/o"),
    ]);
}

#[test]
fn prelude_names() {
    use code::prelude_names::shop::{self, ShopExt as _};
    check([
        sent(es().shop().call().into_request(), "GET /_shop"),
        sent(es().shop().error().into_request(), "GET /_shop/error"),
        json::<shop::CallResponse>(
            r#"{"option":{"some":"x"},"value":1,"string":"Ok","result":{"ok":"x"},"vec":{"vec":[{}]},"body":{"duration":"GET"},"send":{}}"#,
        ),
    ]);
}

#[test]
fn implied() {
    use code::implied::shop::*;
    check([
        sent(es().shop().find().into_request(), "POST /_shop/_find"),
        sent(es().shop().find().totals(["a"]).into_request(), r#"POST /_shop/_find?typed_keys=true {"totals":["a"]}"#),
        sent(
            es().shop().find().totals(["a"]).typed_keys(false).into_request(),
            r#"POST /_shop/_find?typed_keys=false {"totals":["a"]}"#,
        ),
    ]);
}

#[test]
fn aliases() {
    use code::aliases::shop::*;
    let (main, alias) = (es().shop().put_item("n", 1), es().shop().create_item("n", 1));
    check([
        holds("an alias is the same call", main.request() == alias.request()),
        holds("an overlay says what may be retried", !PutItemRequest::OPERATION.idempotent),
        sent(alias.into_request(), r#"PUT /_shop/n {"price":1}"#),
    ]);
}

#[test]
fn kibana_calls() {
    use code::kibana::shop::*;
    use code::kibana::{shop_admin::*, type_::*};
    let operation = FindOrdersRequest::OPERATION;
    check([
        sent(
            kibana().shop().find_orders("s").states(["new", "sent"]).page(2).fields(["a", "b,c"]).into_request(),
            "GET /api/shop/s/orders?states=new&states=sent&page=2&fields=a&fields=b%2Cc",
        ),
        holds("it has a version", operation.version == Some("2023-10-31")),
        holds("it works in a space", operation.space && !ResetRequest::OPERATION.space),
        json::<FindOrdersResponse>(r#"{"total":1,"orders":[{"id":"a","state":"lost"}]}"#),
        sent(kibana().shop_admin().reset().into_request(), "POST /internal/shop/reset"),
        sent(kibana().r#type().get().into_request(), "GET /api/type"),
    ]);
}

#[test]
fn private_route() {
    use code::private_route::shop::*;
    let items = [Item::new("a", 1).payment(Card::new("t")), Item::new("b", 2).payment(Invoice::new(14))];
    check([
        sent(
            kibana().shop().create_order("s", "c", items).dry_run(true).labels([("k", "v")]).into_request(),
            concat!(
                r#"POST /api/shop/s/order?dry_run=true {"customer":"c","items":[{"sku":"a","count":1,"payment":"#,
                r#"{"token":"t","kind":"card"}},{"sku":"b","count":2,"payment":{"days":14,"kind":"invoice"}}],"labels":{"k":"v"}}"#
            ),
        ),
        json::<CreateOrderResponse>(r#"{"id":"1","state":"sent","note":null}"#),
        json::<CreateOrderResponse>(r#"{"id":"1","state":"lost","note":"x"}"#),
        holds("it is of a version, in a space", CreateOrderRequest::OPERATION.space),
    ]);
}

#[test]
fn forms() {
    use code::forms::shop::*;
    let reference = Reference::new("r");
    check([
        sent(
            kibana().shop().bulk([BulkBody::new("a"), BulkBody::new("b")]).into_request(),
            "POST /api/shop/_bulk {\"sku\":\"a\"}\n{\"sku\":\"b\"}\n",
        ),
        sent(kibana().shop().upload("x", "zip").into_request(), "PUT /api/shop/x/photo zip"),
        sent(
            kibana().shop().find().max(2.5).reference(reference).into_request(),
            "GET /api/shop?max=2.5&reference=%7B%22id%22%3A%22r%22%7D",
        ),
    ]);
    let import = kibana().shop().import("lines", "l").overwrite(true).retries([1]).photos(["p", "q"]).into_request();
    let body = import.body().expect("a form");
    let form = String::from_utf8_lossy(body.as_bytes().expect("in memory"));
    let has = |part: &str| holds(part, form.contains(part));
    check([
        has("name=\"file\"; filename=\"orders.ndjson\"\r\ncontent-type: application/ndjson\r\n\r\nlines\r\n"),
        has("name=\"label\"\r\n\r\nl\r\n"),
        has("name=\"retries\"\r\ncontent-type: application/json\r\n\r\n[1]\r\n"),
        has("name=\"photos\"; filename=\"file\"\r\ncontent-type: application/octet-stream\r\n\r\nq\r\n"),
    ]);
}

#[test]
fn answers() {
    use code::answers::shop::*;
    use elkit::response::{Binary, Events, Ndjson, NoContent, Text};
    fn is<T, R: Endpoint<Response = T>>(_: &R) -> bool {
        true
    }
    let accepts = |request: &'static elkit::rt::Operation| request.accept.unwrap_or_default();
    check([
        holds("lines", is::<Ndjson<ShopExport>, _>(&ExportRequest::new())),
        holds("events", is::<Events, _>(&WatchRequest::new())),
        holds("bytes", is::<Binary, _>(&PhotoRequest::new())),
        holds("text", is::<Text, _>(&LabelRequest::new())),
        holds("something", is::<elkit::types::Untyped, _>(&PingRequest::new())),
        holds("nothing", is::<NoContent, _>(&DeleteRequest::new())),
        holds("asks for lines", accepts(ExportRequest::OPERATION) == "application/ndjson"),
        holds("asks for events", accepts(WatchRequest::OPERATION) == "text/event-stream"),
    ]);
}

#[test]
fn nested() {
    use code::nested::shop::ShopExt;
    check([
        sent(kibana().shop().orders().get().into_request(), "GET /api/shop/order"),
        sent(kibana().shop().orders().lines().get().into_request(), "GET /api/shop/line"),
    ]);
}

#[test]
fn paging() {
    use code::paging::shop::*;
    // What each page asks for, until the last.
    fn asked<R: Paged>(mut request: R, answers: &[&str]) -> Vec<String> {
        request.begin();
        let mut asked = vec![line(&request)];
        for answer in answers {
            let answer = bytes::Bytes::copy_from_slice(answer.as_bytes());
            let page = R::Response::from_body(&answer, true).expect("a page").value;
            if !request.advance(&page) {
                break;
            }
            asked.push(line(&request));
        }
        asked
    }
    let row = |what: &str, is: Vec<String>, wanted: &[&str]| {
        (what.to_owned(), if is == wanted { Ok(()) } else { Err(format!("{is:?}")) })
    };
    let shop = kibana().shop();
    check([
        row(
            "by number",
            asked(
                shop.find().per_page(1).into_request(),
                &[r#"{"items":[{"sku":"a"}],"total":2}"#, r#"{"items":[{"sku":"b"}],"total":2}"#],
            ),
            &["GET /api/shop?page=1&perPage=1", "GET /api/shop?page=2&perPage=1"],
        ),
        row(
            "by offset",
            asked(shop.query().size(2).into_request(), &[r#"{"rows":["a","b"],"count":3}"#, r#"{"rows":["c"]}"#]),
            &[r#"POST /api/shop/_query {"size":2}"#, r#"POST /api/shop/_query {"from":2,"size":2}"#],
        ),
        row(
            "by cursor",
            asked(shop.scroll().into_request(), &[r#"{"rows":["a"],"next":"x"}"#, r#"{"rows":["b"]}"#]),
            &["GET /api/shop/_scroll", "GET /api/shop/_scroll?cursor=x"],
        ),
        row(
            "after the last",
            asked(shop.after().into_request(), &[r#"{"rows":[{"key":"k"}]}"#, r#"{"rows":[]}"#]),
            &[r#"POST /api/shop/_after {"sort":["key"]}"#, r#"POST /api/shop/_after {"sort":["key"],"after":"k"}"#],
        ),
    ]);
}
