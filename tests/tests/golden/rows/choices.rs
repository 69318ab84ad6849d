//! Choices: enums, unions by kind, tag, members and trial, containers, and maps whose keys carry tags.

use serde_json::json;

use crate::code;
use crate::harness::{built, check, corrected, es, holds, json, sent};

#[test]
#[allow(deprecated)] // the spec deprecates a value
fn enums() {
    use code::enums::shop::*;
    let rows = ["self", "type", "Fruit", "veg", "UnknownValue", "", "k8s", "never seen"]
        .map(|value| json::<Kind>(&json!(value).to_string()));
    check(rows);
    check(["<", "<=", "=", "!=", "*", "-", "+", "~"].map(|value| json::<Comparison>(&json!(value).to_string())));
    check(["m", "M", "min-max", "min_max", "2d", "2.5"].map(|value| json::<Unit>(&json!(value).to_string())));
    check([
        corrected::<Kind>(r#""greens""#, r#""veg""#, &[]),
        holds("a value is what it is called", [Unit::UpperM, Unit::M].map(|unit| unit.to_string()) == ["M", "m"]),
        holds("names are values", Kind::from("vegetable") == Kind::Veg && Kind::Kubernetes.as_str() == "k8s"),
        json::<SearchResponse>(r#"{"kind":"x","compare":["<"],"level":2}"#),
        corrected::<SearchResponse>(
            r#"{"kind":1,"compare":[],"level":2}"#,
            r#"{"kind":1,"compare":[],"level":2}"#,
            &["/kind"],
        ),
        sent(
            es().shop().search("a b").order("asc").kinds([Kind::Self_, "x".into()]).into_request(),
            "GET /_shop/a%20b?order=asc&kinds=self,x",
        ),
    ]);
}

#[test]
fn boolean_enums() {
    use code::boolean_enums::shop::*;
    check([
        json::<SaveRequest>(r#"{"refresh":true,"check":false}"#),
        json::<SaveRequest>(r#"{"refresh":"wait_for","check":"fix"}"#),
        sent(
            es().shop().save().refresh("wait_for").body_refresh(Refresh::True).check(Check::False).into_request(),
            r#"POST /_shop?refresh=wait_for {"refresh":true,"check":false}"#,
        ),
        sent(es().shop().save().refresh(Refresh::True).into_request(), "POST /_shop?refresh=true"),
    ]);
}

#[test]
fn union_by_kind() {
    use code::union_by_kind::shop::*;
    let prices = r#"{"prices":[1.5,"a",{"amount":1,"currency":"EUR"},[{"amount":1,"currency":"EUR"}],true,null]}"#;
    check([
        json::<PutResponse>(prices),
        json::<PutRequest>(r#"{"price":"x","limit":1,"cap":"2","size":1}"#),
        json::<PutRequest>(r#"{"price":[],"limit":"1","cap":2,"size":1.5}"#),
        built(Price::from(Money::new(1, "EUR")), r#"{"amount":1,"currency":"EUR"}"#),
        sent(
            es().shop().put(1.5).track(true).limit(7).cap("9").into_request(),
            r#"PUT /_shop?track=true {"price":1.5,"limit":7,"cap":"9"}"#,
        ),
        sent(es().shop().put("x").track(10).into_request(), r#"PUT /_shop?track=10 {"price":"x"}"#),
    ]);
}

#[test]
fn union_by_tag() {
    use code::union_by_tag::shop::*;
    let is =
        |text: &str, is: fn(&Payment) -> bool| holds(text, serde_json::from_str(text).is_ok_and(|value| is(&value)));
    check([
        json::<Payment>(r#"{"kind":"card","token":"t"}"#),
        json::<Payment>(r#"{"kind":"coins","amount":1}"#),
        json::<Payment>(r#"{"amount":1}"#),
        json::<Payment>(r#"{"kind":"barter","goods":[1]}"#),
        is(r#"{"amount":1}"#, |payment| matches!(payment, Payment::Cash(_))),
        is(r#"{"kind":"coins","amount":1}"#, |payment| matches!(payment, Payment::Cash(_))),
        is(r#"{"kind":"barter","amount":1}"#, |payment| matches!(payment, Payment::Other(_))),
        json::<Shape>(r#"{"form":"round","radius":1.5}"#),
        json::<Shape>(r#"{"form":"box","side":1.5}"#),
        json::<Rule>(r#"{"type":"any-of","rules":[{"type":"match","field":"f"},{"type":"new"}]}"#),
        sent(
            es().shop().pay(Card::new("t")).parts([Circle::new(1.5)]).into_request(),
            r#"POST /_shop/pay {"payment":{"token":"t","kind":"card"},"parts":[{"radius":1.5,"form":"round"}]}"#,
        ),
    ]);
}

#[test]
fn union_told_beside() {
    use code::union_told_beside::shop::*;
    let is = |text: &str, is: fn(&Config) -> bool| {
        holds(text, serde_json::from_str::<Parcel>(text).is_ok_and(|parcel| is(&parcel.config)))
    };
    check([
        json::<Parcel>(r#"{"config":{"url":"u","stamp":1},"kind":"post"}"#),
        json::<ShipRequest>(r#"{"config":{"url":"u"},"kind":"letter","first":{"config":{"url":"u"},"kind":"drone"}}"#),
        json::<ShipRequest>(r#"{"config":{"url":"u"},"kind":"new"}"#),
        is(r#"{"config":{"url":"u"},"kind":"drone"}"#, |config| matches!(config, Config::Drone(_))),
        is(r#"{"kind":"letter","config":{"url":"u"}}"#, |config| matches!(config, Config::Post(_))),
        is(r#"{"kind":"post","config":{"url":"u","height":1}}"#, |config| matches!(config, Config::Post(_))),
        is(r#"{"kind":"rocket","config":{"url":"u"}}"#, |config| matches!(config, Config::Other(_))),
        holds(
            "a parcel inside says its own",
            serde_json::from_str::<ShipRequest>(
                r#"{"kind":"post","first":{"kind":"drone","config":{"url":"u"}},"config":{"url":"u"}}"#,
            )
            .is_ok_and(|sent| {
                matches!(sent.config, Some(Config::Post(_)))
                    && sent.first.is_some_and(|first| matches!(first.config, Config::Drone(_)))
            }),
        ),
        corrected::<Parcel>(
            r#"{"kind":"drone","config":{"url":"u","height":"high"}}"#,
            r#"{"kind":"drone","config":{"url":"u","height":"high"}}"#,
            &["/config/height"],
        ),
        sent(
            es().shop().ship("drone").config(DroneConfig::new("u")).into_request(),
            r#"POST /_shop/ship {"config":{"url":"u"},"kind":"drone"}"#,
        ),
    ]);
}

#[test]
fn union_by_members() {
    use code::union_by_members::shop::*;
    let read = |text: &str| serde_json::from_str::<Owner>(text);
    check([
        json::<Owner>(r#"{"first":"a","last":"b"}"#),
        json::<Owner>(r#"{"name":"a","mail":"b"}"#),
        holds("a company has a name", matches!(read(r#"{"name":"a","mail":"b"}"#), Ok(Owner::Company(_)))),
        holds("a person has two", matches!(read(r#"{"first":"a","last":"b","mail":"c"}"#), Ok(Owner::Person(_)))),
        json::<Page>(r#"{"from":1,"size":2}"#),
        json::<Page>(r#"{"cursor":"x"}"#),
        json::<Page>(r#"["a"]"#),
        json::<Page>("[1]"),
        json::<GetResponse>(r#"{"owner":{"name":"a"},"sizes":[{"inches":1},{"metres":1.5}]}"#),
    ]);
}

#[test]
fn union_ambiguous() {
    use code::union_ambiguous::shop::*;
    let is =
        |text: &str, is: fn(&ShopValue) -> bool| holds(text, serde_json::from_str(text).is_ok_and(|value| is(&value)));
    check([
        is(r#"{"size":1}"#, |value| matches!(value, ShopValue::Small(_))),
        is(r#"{"size":"1"}"#, |value| matches!(value, ShopValue::Large(_))),
        is("true", |value| matches!(value, ShopValue::Other(_))),
        json::<ShopValue>(r#"{"size":"1","crate":true}"#),
        json::<ShopValue>("[true]"),
        json::<Hint>(r#"{"a":1}"#),
        json::<Hint>("1"),
        json::<Hint>("5000000000"),
    ]);
}

#[test]
fn enum_or_string() {
    use code::enum_or_string::shop::*;
    let field = |text: &str| serde_json::from_str::<FieldName>(text);
    check([
        json::<GetResponse>(r#"{"field":"name","fields":["price","other"]}"#),
        holds("a word of the set", matches!(field(r#""name""#), Ok(FieldName::Field(Field::Name)))),
        holds("any other", matches!(field(r#""x""#), Ok(FieldName::String(_)))),
        sent(es().shop().get().field("x").into_request(), "GET /_shop?field=x"),
        sent(es().shop().get().field(Field::Name).into_request(), "GET /_shop?field=name"),
    ]);
}

#[test]
fn nulls() {
    use code::nulls::shop::*;
    check([
        json::<PutResponse>(r#"{"value":null,"always":null,"either":null}"#),
        json::<PutResponse>(r#"{"value":1,"always":"a","either":1}"#),
        json::<PutRequest>(
            r#"{"value":1.5,"values":[null,"a",true],"maybe":null,"list":["a",null],"by_name":{"a":null,"b":1}}"#,
        ),
        holds(
            "null is a value",
            serde_json::from_str::<FieldValue>("null").is_ok_and(|value| value == FieldValue::Null),
        ),
        sent(
            es().shop().put(FieldValue::Null).maybe_null().list([None, Some("a".to_owned())]).into_request(),
            r#"PUT /_shop {"value":null,"maybe":null,"list":[null,"a"]}"#,
        ),
    ]);
}

#[test]
fn one_or_many() {
    use code::one_or_many::shop::*;
    check([
        json::<GetResponse>(r#"{"sort":"a","parts":{"a":1},"mixed":{"a":1}}"#),
        json::<GetResponse>(r#"{"sort":["a",{"field":"b"}],"parts":[{"a":1}],"mixed":[{"b":1}]}"#),
        sent(es().shop().get("a", "b").into_request(), r#"GET /_shop/a {"sort":{"field":"b"}}"#),
        sent(
            es().shop().get(["a", "b/c"], ["x", "y"]).only("o").sizes([1, 2]).into_request(),
            r#"GET /_shop/a,b%2Fc?only=o&sizes=1,2 {"sort":[{"field":"x"},{"field":"y"}]}"#,
        ),
        json::<GetRequest>(r#"{"sort":[],"pairs":[["a"]]}"#),
        json::<GetRequest>(r#"{"sort":[],"pairs":["a"]}"#),
    ]);
}

#[test]
fn containers() {
    use code::containers::shop::*;
    check([
        json::<Query>(r#"{"all":{}}"#),
        json::<Query>(r#"{"any":[{"not":{"term":{"f":"v"}}},{"type":"t"}]}"#),
        json::<Query>(r#"{"plugin":{"x":1}}"#),
        json::<Query>(r#"{"all":{},"type":"t"}"#),
        built(
            Query::any([Query::all(All::new().boost(1.5)), Query::term("f", "v")]),
            r#"{"any":[{"all":{"boost":1.5}},{"term":{"f":"v"}}]}"#,
        ),
        sent(
            es().shop().find(Query::not(Query::r#type("t"))).into_request(),
            r#"POST /_shop/_find {"query":{"not":{"type":"t"}}}"#,
        ),
    ]);
}

#[test]
fn containers_with_members() {
    use code::containers_with_members::shop::*;
    let by_field = || AggregationKind::terms(Terms::new("f"));
    check([
        json::<Aggregation>(
            r#"{"terms":{"field":"f","inner":{"name":"n","kind":"k","b":true}},"aggs":{"s":{"sum":"x"}},"meta":{"a":1}}"#,
        ),
        json::<Aggregation>(r#"{"plugin":{"x":1},"meta":{}}"#),
        json::<Aggregation>(r#"{"filter":{"f":1}}"#),
        corrected::<Aggregation>(r#"{"terms":7}"#, r#"{"terms":7}"#, &["/terms"]),
        built(Named::new("n").kind("k").variant(NamedKind::a(1)), r#"{"name":"n","kind":"k","a":1}"#),
        sent(
            es().shop()
                .count([("a", Aggregation::from(by_field()).aggs([("b", AggregationKind::sum("x"))]))])
                .into_request(),
            r#"POST /_shop/_count {"by":{"a":{"aggs":{"b":{"sum":"x"}},"terms":{"field":"f"}}}}"#,
        ),
    ]);
}

#[test]
fn typed_key_lists() {
    use code::typed_key_lists::global::*;
    use code::typed_key_lists::shop::*;
    let text = r#"{"suggest":{"term#a":[{"term":"x"},{"term":"y"}],"phrase#b":[],"new#c":[{"z":1}]}}"#;
    let read: CompleteResponse = serde_json::from_str(text).expect("it fits");
    let suggest = read.suggest.unwrap_or_default();
    check([
        json::<CompleteResponse>(text),
        sent(CompleteRequest::new(), "GET /_complete"),
        holds(
            "the list is of one kind",
            matches!(&suggest["a"], SuggestStringList::Term(terms) if terms[1].term == "y"),
        ),
        holds("an unknown key stays whole", matches!(&suggest["new#c"], SuggestStringList::Other(_))),
    ]);
}

#[test]
fn typed_keys() {
    use code::typed_keys::shop::*;
    let text = r#"{"totals":{"sum#a":{"value":1.5},"names#b":{"names":["x"]},"new#c":{"y":1},"d":1}}"#;
    let read: TotalsResponse = serde_json::from_str(text).expect("it fits");
    let totals = read.totals.unwrap_or_default();
    check([
        json::<TotalsResponse>(text),
        json::<TotalsResponse>(r#"{"bucket":{"count":1,"sum#a":{"value":1.5},"odd":2}}"#),
        holds("the tag is in the key", matches!(&totals["a"], Total::Sum(sum) if sum.value == 1.5)),
        holds("an unknown key stays whole", matches!(&totals["new#c"], Total::Other(_))),
    ]);
}
