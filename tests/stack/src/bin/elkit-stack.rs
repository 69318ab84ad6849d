//! Runs the stack until ctrl-c. Holds no rule of its own: it reads arguments and prints where everything is.

use std::process::ExitCode;

use elkit_stack::{Builder, Stack};

const USAGE: &str = "\
Runs a stand-in for Elasticsearch and Kibana on loopback until ctrl-c.

Usage: elkit-stack [--elasticsearch-port PORT] [--kibana-port PORT] [--elastic-password TEXT] [--seed NUMBER]
                   [--table FILE]

Without a port, the system picks one. Without a password, it is random; a seed makes it and all ids the same every time.
A table replaces the operations that the stack was built with.";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let builder = match read(std::env::args().skip(1)) {
        Ok(Some(builder)) => builder,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(why) => {
            eprintln!("error: {why}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let stack = match builder.start().await {
        Ok(stack) => stack,
        Err(error) => {
            eprintln!("error: the stack can't start: {error}");
            return ExitCode::FAILURE;
        }
    };
    println!("Elasticsearch  {}", stack.elasticsearch_url());
    println!("Kibana         {}", stack.kibana_url());
    println!("user           elastic");
    println!("password       {}", stack.elastic_password());
    println!();
    println!("export ELASTICSEARCH_URL={} KIBANA_URL={}", stack.elasticsearch_url(), stack.kibana_url());
    println!("export ELASTICSEARCH_USERNAME=elastic ELASTICSEARCH_PASSWORD={}", stack.elastic_password());
    println!("export KIBANA_USERNAME=elastic KIBANA_PASSWORD={}", stack.elastic_password());
    println!();
    println!("ctrl-c stops it");
    match tokio::signal::ctrl_c().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: can't wait for ctrl-c: {error}");
            ExitCode::FAILURE
        }
    }
}

/// `None` when help was asked for.
fn read(mut args: impl Iterator<Item = String>) -> Result<Option<Builder>, String> {
    let mut builder = Stack::builder();
    while let Some(flag) = args.next() {
        if flag == "--help" || flag == "-h" {
            return Ok(None);
        }
        let value = args.next().ok_or_else(|| format!("{flag} needs a value, or is unknown"))?;
        let number = || value.parse::<u64>().map_err(|_| format!("{flag} needs a number, not {value:?}"));
        let port = || value.parse::<u16>().map_err(|_| format!("{flag} needs a port, not {value:?}"));
        builder = match flag.as_str() {
            "--elasticsearch-port" => builder.elasticsearch_port(port()?),
            "--kibana-port" => builder.kibana_port(port()?),
            "--elastic-password" => builder.elastic_password(value),
            "--table" => {
                let table = std::fs::read_to_string(&value).map_err(|error| format!("can't read {value}: {error}"))?;
                builder.table(table)
            }
            "--seed" => builder.seed(number()?),
            other => return Err(format!("unknown argument {other}")),
        };
    }
    Ok(Some(builder))
}
