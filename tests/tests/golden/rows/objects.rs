//! Objects: members, what is required, what is beyond the named ones, and what holds itself.

use std::collections::BTreeMap;

use elkit::types::{Duration, Lazy};
use serde_json::json;

use crate::code;
use crate::harness::{built, check, corrected, es, holds, json, kibana, sent};

#[test]
#[allow(deprecated)] // the spec deprecates the call
fn members() {
    use code::members::shop::*;
    let item = || Item::new(ItemRequired { sku: "a".into(), parent: None, made: "X".into() });
    check([
        json::<Item>(r#"{"sku":"a","parent":null,"origin":"x","made":"X"}"#),
        json::<Item>(
            r#"{"sku":"a","parent":"b","made":"X","count":2,"comment":null,"old_price":1,"limits":[1],"new":{}}"#,
        ),
        corrected::<Item>(
            r#"{"sku":"a","parent":null,"made":"X","hue":"red"}"#,
            r#"{"sku":"a","parent":null,"made":"X","colour":"red"}"#,
            &[],
        ),
        corrected::<Item>(r#"{"sku":1,"made":"X"}"#, r#"{"sku":1,"made":"X"}"#, &["/sku", "/parent"]),
        built(
            item().count(2).quotas([1, 2]).comment_null(),
            r#"{"sku":"a","parent":null,"made":"X","count":2,"limits":[1,2],"comment":null}"#,
        ),
        sent(
            es().shop().put_item(item()).note_null().into_request(),
            r#"PUT /_shop/item {"item":{"sku":"a","parent":null,"made":"X"},"note":null}"#,
        ),
        json::<PutItemResponse>(r#"{"id":"1"}"#),
    ]);
}

#[test]
fn required() {
    use code::required::shop::*;
    let size = || Size::new(SizeRequired { width: 1.5, height: 2.5, depth: None });
    let request = CreateRequired { name: "n".into(), mode: "m".into(), owner: "o".into(), size: size() };
    check([
        sent(
            es().shop().create("top", request).note("x").into_request(),
            r#"POST /_shop/top?mode=m {"owner":"o","name":"n","size":{"width":1.5,"height":2.5,"depth":null},"note":"x"}"#,
        ),
        sent(es().shop().grant("role", "id").into_request(), r#"POST /_shop/_grant {"role":"role","id":"id"}"#),
        built(size().unit("cm"), r#"{"width":1.5,"height":2.5,"depth":null,"unit":"cm"}"#),
    ]);
}

#[test]
fn additional() {
    use code::additional::shop::*;
    check([
        json::<Prices>(r#"{"currency":"EUR","apple":{"amount":1}}"#),
        json::<Free>(r#"{"known":"x","other":[1]}"#),
        json::<PutResponse>(r#"{"took":1,"apple":{"amount":1}}"#),
        corrected::<PutResponse>(r#"{"took":1,"apple":7}"#, r#"{"took":1,"apple":7}"#, &["/apple"]),
        built(Prices::new("EUR").entries([("pear", Price::new(2))]), r#"{"currency":"EUR","pear":{"amount":2}}"#),
        sent(
            es().shop().put("n", Prices::new("EUR")).nested([("a", [("b", [1])])]).into_request(),
            r#"PUT /_shop {"name":"n","prices":{"currency":"EUR"},"nested":{"a":{"b":[1]}}}"#,
        ),
    ]);
}

#[test]
fn single_key_maps() {
    use code::single_key_maps::shop::*;
    check([
        json::<Match>(r#"{"boost":1.5,"name":{"value":"x"}}"#),
        json::<Match>(r#"{"name":"x"}"#),
        json::<Within>(r#"{"from":1,"to":2,"any":[null]}"#),
        built(Match::new(("name", "x")), r#"{"name":{"value":"x"}}"#),
        built(Within::new(WithinRequired { from: 1, to: 2 }, ("f", json!(3))), r#"{"from":1,"to":2,"f":3}"#),
        sent(
            es().shop().put(("a", "b"), Match::new(("c", "d"))).sorts([("e", Order::Asc)]).into_request(),
            r#"PUT /_shop {"rename":{"a":"b"},"match":{"c":{"value":"d"}},"sorts":[{"e":"asc"}]}"#,
        ),
    ]);
}

#[test]
fn shortcuts() {
    use code::shortcuts::shop::*;
    check([
        json::<Label>(r#""x""#),
        json::<Label>(r#"{"text":"x","bold":true}"#),
        json::<Mark>(r#""red""#),
        json::<Range>(r#"{"size":1,"unit":"m"}"#),
        built(Label::from("x").bold(true), r#"{"text":"x","bold":true}"#),
        built(Mark::from("blue"), r#"{"colour":"blue"}"#),
        sent(
            es().shop().put("x").labels(["a", "b"]).into_request(),
            r#"PUT /_shop {"label":{"text":"x"},"labels":[{"text":"a"},{"text":"b"}]}"#,
        ),
    ]);
}

#[test]
fn stringified() {
    use code::stringified::shop::*;
    let read: GetResponse = serde_json::from_str(r#"{"count":"7"}"#).expect("it fits");
    check([
        json::<GetResponse>(r#"{"count":1,"ok":"true","all":[1.5,"2"]}"#),
        json::<GetResponse>(r#"{"count":"1"}"#),
        holds("text is parsed", read.count.get() == Some(7)),
        sent(es().shop().get().size(3).into_request(), "GET /_shop?size=3"),
    ]);
}

#[test]
fn generics() {
    use code::generics::shop::*;
    check([
        json::<ItemPage>(
            r#"{"items":[{"id":1,"value":1,"state":"on","either":true,"meta":{"version":1},"name":"x"}],"next":null,"info":{"total":1}}"#,
        ),
        json::<Page>(r#"{"items":["a"],"next":"b","info":{"total":1}}"#),
        json::<Special>(
            r#"{"id":"1","value":1,"state":"sold","either":"x","meta":{"version":1},"name":"x","extra_care":true}"#,
        ),
        json::<Big>(r#"{"id":"1","value":[1],"state":"on","either":[2],"meta":{"version":1}}"#),
    ]);
}

#[test]
fn inline() {
    use code::inline::shop::*;
    let order = || CreateOrderRequired {
        address: Address::new("s").geo(AddressGeo::new(1.5, 2.5)),
        lines: vec![CreateOrderLine::new("a")],
        pay: CardPay::new("1").into(),
    };
    let begin = r#"POST /_shop/order {"address":{"street":"s","geo":{"lat":1.5,"lon":2.5}},"lines":[{"sku":"a"}],"#;
    let pay = r#""pay":{"number":"1","type":"card"}"#;
    check([
        sent(es().shop().create_order(order()).into_request(), &format!("{begin}{pay}}}")),
        sent(
            es().shop()
                .create_order(order())
                .notes([("n", Note::new("t"))])
                .ship(ShipObject::new("sea"))
                .into_request(),
            &format!(r#"{begin}"notes":{{"n":{{"text":"t"}}}},{pay},"ship":{{"by":"sea"}}}}"#),
        ),
        json::<CreateOrderResponse>(r#"{"state":"new","lines":[{"id":1}],"days":14,"flag":true}"#),
        json::<Pay>(r#"{"type":"cash","more":1}"#),
        json::<Pay>(r#"{"type":"cheque"}"#),
    ]);
}

#[test]
fn recursion() {
    use code::recursion::shop::*;
    let node = Node::new("a").next(Node::new("b")).children([Node::new("c")]).owner_null();
    check([
        json::<Node>(r#"{"name":"a","next":{"name":"b","next":{"name":"c"}},"children":[{"name":"d"}],"owner":null}"#),
        json::<Left>(r#"{"right":{"left":null,"both":[{"right":{"left":{},"both":{}}}]}}"#),
        json::<Expr>(r#"[["a"],{"not":["b",{"not":"c"}]}]"#),
        json::<Json>(r#"["a",["b",[]]]"#),
        json::<Deep>(r#"[[],[[]]]"#),
        built(node, r#"{"name":"a","next":{"name":"b"},"children":[{"name":"c"}],"owner":null}"#),
        built(Not::new("x"), r#"{"not":"x"}"#),
        corrected::<Node>("{}", "{}", &["/name"]),
    ]);
}

#[test]
fn secrets() {
    use code::secrets::shop::*;
    let call = es().shop().login("t", "canary").code("canary").hint("canary").codes(["canary"]);
    let call = call.user(User::new("u").password("canary").key("canary").vault([("pin", "canary")]));
    check([
        holds("Debug shows no secret", !format!("{:?}", call.request()).contains("canary")),
        sent(
            call.into_request(),
            r#"POST /_shop/login/t?code=canary {"password":"canary","hint":"canary","codes":["canary"],"user":{"name":"u","password":"canary","key":"canary","vault":{"pin":"canary"}}}"#,
        ),
        json::<LoginResponse>(r#"{"token":"canary","password":{"length":6}}"#),
        json::<User>(r#"{"name":"u","password":null,"pin":1}"#),
        json::<User>(r#"{"name":"u","key":{"id":"k"},"vault":{"a":[1]}}"#),
    ]);
}

#[test]
fn lazy() {
    use code::lazy::shop::*;
    let rule = || Rule::new("f");
    let read: PutResponse =
        serde_json::from_str(r#"{"rule":{"field":1},"by_name":{"a":{"field":"f"}}}"#).expect("it is lazy");
    let named: BTreeMap<String, Lazy<Rule>> = read.by_name.clone().unwrap_or_default();
    check([
        sent(es().shop().put("x").into_request(), r#"PUT /_shop {"filter":"x"}"#),
        sent(
            es().shop().put(true).rules([rule()]).into_request(),
            r#"PUT /_shop {"filter":true,"rules":[{"field":"f"}]}"#,
        ),
        sent(
            es().shop().put(Filter::from(rule().not(rule()))).query(rule()).into_request(),
            r#"PUT /_shop {"filter":{"field":"f","not":{"field":"f"}},"query":{"field":"f"}}"#,
        ),
        json::<PutResponse>(r#"{"rule":{"field":1},"by_name":{"a":null}}"#),
        json::<PutResponse>(r#"{"rule":null}"#),
        holds("it is decoded when asked for", named["a"].get().is_ok_and(|rule| rule.field == "f")),
    ]);
}

#[test]
fn runtime() {
    use code::runtime::shop::*;
    let call = es().shop().put("90d").timeout("30s").since(7).max(1024).at("2030-01-01").size("1kb").times([0]);
    check([
        sent(
            call.into_request(),
            r#"PUT /_shop?timeout=30s&since=7&max=1024&at=2030-01-01 {"keep":"90d","size":"1kb","times":[0]}"#,
        ),
        sent(es().shop().put(std::time::Duration::from_secs(60)).into_request(), r#"PUT /_shop {"keep":"1m"}"#),
        json::<PutResponse>(r#"{"created":1,"took":2}"#),
        json::<Duration>(r#""5m""#),
        json::<Duration>("-1"),
    ]);
}

#[test]
fn merged() {
    use code::merged::shop::ShopExt;
    use code::merged::shop_orders::*;
    let order = r#"{"id":"1","payment":{"kind":"card","ssl":{"mode":"full"}},"lines":[{"sku":"a","count":1}]}"#;
    check([
        json::<Order>(order),
        json::<GetResponse>(order),
        json::<CreateResponse>(order),
        json::<ListResponse>(r#"{"total":1,"items":[{"id":"1","lines":[{"sku":"a","count":1,"note":"n"}]}]}"#),
        sent(
            kibana().shop().orders().create(Mode::Full, [OrderLine::new("a", 1)]).into_request(),
            r#"POST /api/shop/order {"mode":"full","lines":[{"sku":"a","count":1}]}"#,
        ),
    ]);
}

#[test]
fn folded() {
    use code::folded::shop::*;
    let inner = Not::new(Filter::new("b"));
    let all = And::new([Condition::from(Filter::new("a")), inner.into()]);
    check([
        json::<Condition>(r#"{"and":[{"not":{"and":[{"field":"a"}]}}]}"#),
        sent(
            kibana().shop().find(all).into_request(),
            r#"POST /api/shop/_find {"where":{"and":[{"field":"a"},{"not":{"field":"b"}}]}}"#,
        ),
    ]);
}
