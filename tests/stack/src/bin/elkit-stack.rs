//! Runs the stack until ctrl-c. Holds no rule of its own: it reads arguments and prints where everything is.

use std::process::ExitCode;

use elkit_stack::{Builder, Stack};

const USAGE: &str = "\
Runs a stand-in for Elasticsearch and Kibana on loopback until ctrl-c.

Usage: elkit-stack [--elasticsearch-port PORT] [--kibana-port PORT] [--elastic-password TEXT] [--seed NUMBER]
                   [--table FILE] [--serverless] [--tls FILE]

Without a port, the system picks one. Without a password, it is random; a seed makes it and all ids the same every time.
A table replaces the operations that the stack was built with. --serverless is as Elastic Serverless. --tls writes the
certificate that clients must trust to a file (with the feature `tls`).";

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let Options { builder, ca_file } = match read(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
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
    if let Some(path) = ca_file {
        if let Err(error) = write_authority(&stack, &path) {
            eprintln!("error: can't write {path}: {error}");
            return ExitCode::FAILURE;
        }
        println!("authority      {path}");
    }
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

/// What was asked for.
struct Options {
    builder: Builder,
    /// Where the certificate of the authority goes.
    ca_file: Option<String>,
}

/// `None` when help was asked for.
fn read(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let (mut builder, mut ca_file) = (Stack::builder(), None);
    while let Some(flag) = args.next() {
        match flag.as_str() {
            "--help" | "-h" => return Ok(None),
            "--serverless" => {
                builder = builder.serverless();
                continue;
            }
            _ => {}
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
            "--tls" => {
                let builder = encrypted(builder)?;
                ca_file = Some(value);
                builder
            }
            other => return Err(format!("unknown argument {other}")),
        };
    }
    Ok(Some(Options { builder, ca_file }))
}

#[cfg(feature = "tls")]
fn encrypted(builder: Builder) -> Result<Builder, String> {
    Ok(builder.tls())
}

#[cfg(not(feature = "tls"))]
fn encrypted(_: Builder) -> Result<Builder, String> {
    Err("this program was built without TLS; build it with `--features tls`".to_owned())
}

#[cfg(feature = "tls")]
fn write_authority(stack: &Stack, path: &str) -> std::io::Result<()> {
    std::fs::write(path, stack.ca_pem().unwrap_or_default())
}

#[cfg(not(feature = "tls"))]
fn write_authority(_: &Stack, _: &str) -> std::io::Result<()> {
    Ok(())
}
