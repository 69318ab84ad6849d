//! A walk through Kibana: a space, a connector, a data view, a rule, and saved objects out and in again.
//!
//! ```text
//! cargo run --example kibana --features full             # starts the embedded stack, needs nothing
//! cargo run --example kibana --features full -- --live   # uses the Kibana of KIBANA_URL and its kin
//! ```
//!
//! Everything it makes stands in a space of its own, which is removed at the end, also when a step fails.

use std::error::Error;
use std::process::ExitCode;

use elkit::body::Upload;
use elkit::kibana::alerting::{EsQueryDslParams, EsQueryDslParamsRequired, ThresholdComparator, TimeWindowUnit};
use elkit::kibana::alerting_rules::{CreateRequired, EsQueryParams, RuleSchedule};
use elkit::kibana::connectors::IndexConfig;
use elkit::kibana::data_views::NewDataView;
use elkit::{Kibana, Result};
use elkit_stack::Stack;

const SPACE: &str = "elkit-example";

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nFailed: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> std::result::Result<(), Box<dyn Error>> {
    if std::env::args().any(|argument| argument == "--live") {
        println!("Talking to the Kibana of KIBANA_URL");
        return Ok(walk(&Kibana::from_env().build()?).await?);
    }
    println!("Talking to the embedded stack");
    let stack = Stack::start().await?;
    let kibana = Kibana::builder(stack.kibana_url()).basic_auth("elastic", stack.elastic_password()).build()?;
    Ok(walk(&kibana).await?)
}

async fn walk(kibana: &Kibana) -> Result<()> {
    kibana.spaces().create(SPACE, "Example").description("Made by elkit's example").send().await?;
    println!("created the space {SPACE}");
    let walked = in_space(&kibana.space(SPACE)?).await;
    kibana.spaces().delete(SPACE).send().await?;
    println!("deleted the space");
    walked
}

/// All calls of this handle go to the space.
async fn in_space(kibana: &Kibana) -> Result<()> {
    let connector = kibana.connectors().create("Orders", ".index").config(IndexConfig::new("orders")).send().await?;
    println!("created the connector {} of type {}", connector.name, connector.connector_type_id);

    let view = kibana.data_views().create(NewDataView::new("orders-*").name("Orders")).send().await?;
    println!("created a data view: {}", view.data_view.is_some());

    let params = EsQueryDslParams::new(EsQueryDslParamsRequired {
        es_query: r#"{ "query": { "match_all": {} } }"#.into(),
        index: ["orders-*"].into(),
        threshold: vec![100],
        threshold_comparator: ThresholdComparator::from(">"),
        time_field: "@timestamp".into(),
        time_window_size: 5,
        time_window_unit: TimeWindowUnit::from("m"),
    });
    let rule = CreateRequired {
        name: "Many orders".into(),
        consumer: "alerts".into(),
        rule_type_id: ".es-query".into(),
        schedule: RuleSchedule::new("1m"),
    };
    let rule = kibana.alerting().rules().create(rule).params(EsQueryParams::from(params)).send().await?;
    println!("created the rule {}", rule.name);
    let found = kibana.alerting().rules().find().search("Many").items().collect().await?;
    println!("found {} rules", found.len());

    let export = kibana.saved_objects().export().r#type("index-pattern").send().await?;
    println!("exported {} lines", export.len());
    let lines = Upload::new(export.raw().clone()).file_name("export.ndjson");
    let import = kibana.saved_objects().import(lines).create_new_copies(true).send().await?;
    println!("imported them again: {} objects", import.success_count);
    Ok(())
}
