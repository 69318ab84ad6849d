//! Typed calls for the routes of a Kibana plugin that no public specification has.
//!
//! `spec/` is written by hand: two routes of the plugin `greenhouse`. `openapi.json` is what another plugin, `irrigation`,
//! publishes. Both become modules by
//!
//! ```text
//! cargo xtask generate --spec client/examples/private_routes/spec \
//!     --openapi client/examples/private_routes/openapi.json --out client/examples/private_routes/routes
//! ```
//!
//! and plug into `Kibana` as traits. `cargo run --example private_routes` needs no server: `plugin.rs` stands in for one.

mod plugin;
#[rustfmt::skip]
#[allow(dead_code, unreachable_pub, reason = "an example uses a part of what is generated, and exports nothing")]
mod routes;

use elkit::{Kibana, Result};

use crate::plugin::Plugin;
use crate::routes::greenhouse::{GreenhouseExt, SensorKind};
use crate::routes::irrigation::{IrrigationExt, PlanSchedule};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    for line in walk(&kibana()?).await? {
        println!("{line}");
    }
    Ok(())
}

/// A client like any other: credentials, retries, spaces and errors work for private routes too.
fn kibana() -> Result<Kibana> {
    Kibana::builder("http://localhost:5601").basic_auth("gardener", "secret").http_client(Plugin).build()
}

async fn walk(kibana: &Kibana) -> Result<Vec<String>> {
    let garden = kibana.space("garden")?;
    let mut lines = Vec::new();

    let sensor = garden.greenhouse().add_sensor("north", SensorKind::Humidity).shelf(2).pin("4711").send().await?;
    lines.push(format!("added {} on shelf {}", sensor.id, sensor.shelf.unwrap_or_default()));

    let last = garden.greenhouse().readings("north").kind([SensorKind::Humidity]).size(2).send().await?;
    for reading in &last.readings {
        let battery = reading.battery.map_or("no battery".to_owned(), |percent| format!("battery {percent}%"));
        lines.push(format!("{} measured {}, {battery}", reading.sensor, reading.value));
    }

    for plan in kibana.irrigation().list().send().await?.iter() {
        let when = match &plan.schedule {
            PlanSchedule::Every(schedule) => format!("every {}", schedule.every),
            PlanSchedule::Days(schedule) => schedule.days.join(", "),
            _ => "at times that this version does not know".to_owned(),
        };
        lines.push(format!("{} waters {when}", plan.id));
    }

    kibana.irrigation().start("dawn").minutes(5).send().await?;
    if let Err(error) = kibana.irrigation().start("dusk").send().await {
        lines.push(format!("dusk: {error}"));
    }
    Ok(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn private_routes_work_like_any_other() {
        let lines = walk(&kibana().expect("nothing is wrong with it")).await.expect("the plugin answers");
        let wanted = [
            "added s-7 on shelf 2",
            "s-7 measured 61.5, battery 80%",
            "s-3 measured 58, no battery",
            "dawn waters every 6h",
            "dry waters mon",
            "dusk: irrigation.start failed: 404 Not Found: there is no such route",
        ];
        assert_eq!(lines, wanted);
    }

    #[test]
    fn a_pin_is_a_secret() {
        let call = kibana().expect("it is built").greenhouse().add_sensor("north", SensorKind::Light).pin("4711");
        assert!(!format!("{call:?}").contains("4711"), "{call:?}");
    }
}
