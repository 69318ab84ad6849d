//! Searches that page give every item once, in order, whatever the size of a page is: those of Kibana that the stack keeps
//! state for, asked as `items()` and as `pages()`.

#![cfg(feature = "kibana")]
// Upstream deprecates the saved-objects API whole.
#![allow(deprecated)]

use elkit::Kibana;
use elkit::kibana::alerting_rules::{CreateRequired, RuleSchedule};
use elkit::kibana::roles::NewElasticsearchPrivileges;
use elkit_stack::Stack;

const COUNT: usize = 7;
const SIZES: [i32; 6] = [1, 2, 3, 7, 8, 100];

async fn start() -> (Stack, Kibana) {
    let stack = Stack::start().await.unwrap();
    let kibana = Kibana::builder(stack.kibana_url()).basic_auth("elastic", stack.elastic_password()).build().unwrap();
    (stack, kibana)
}

fn names() -> Vec<String> {
    (0..COUNT).map(|index| format!("paged-{index}")).collect()
}

fn check(size: i32, found: impl IntoIterator<Item = String>) {
    let mut found: Vec<String> = found.into_iter().filter(|name| name.starts_with("paged-")).collect();
    found.sort();
    assert_eq!(found, names(), "by {size}");
}

#[tokio::test]
async fn roles() {
    let (_stack, kibana) = start().await;
    for name in names() {
        kibana.roles().put(name, NewElasticsearchPrivileges::new()).send().await.unwrap();
    }
    for size in SIZES {
        let roles = kibana.roles().find().size(size).items().collect().await.unwrap();
        check(size, roles.into_iter().map(|role| role.name));
    }
}

#[tokio::test]
async fn rules() {
    let (_stack, kibana) = start().await;
    for name in names() {
        let rule = CreateRequired {
            name,
            consumer: "alerts".into(),
            rule_type_id: "slo.rules.burnRate".into(),
            schedule: RuleSchedule::new("1m"),
        };
        kibana.alerting().rules().create(rule).send().await.unwrap();
    }
    for size in SIZES {
        let rules = kibana.alerting().rules().find().per_page(size).items().collect().await.unwrap();
        check(size, rules.into_iter().map(|rule| rule.name));
    }
}

#[tokio::test]
async fn saved_objects() {
    let (_stack, kibana) = start().await;
    for name in names() {
        kibana.saved_objects().create_with_id("tag", name, [("name", "a tag")]).send().await.unwrap();
    }
    for size in SIZES {
        let mut pages = kibana.saved_objects().find("tag").per_page(size.into()).pages();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.unwrap().into_inner();
            assert!(page.saved_objects.len() <= size as usize, "a page of {}", page.saved_objects.len());
            found.extend(page.saved_objects.into_iter().map(|object| object.id));
        }
        check(size, found);
    }
}
