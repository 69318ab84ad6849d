//! The project's own commands. They read and write files and leave every decision to `elkit-codegen`, so they work while the
//! client does not compile.

mod bench;
mod generate;
mod import;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Commands for people who work on elkit.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Brings an upstream document into spec/.
    Import(import::Args),
    /// Measures what the generated code costs to compile.
    Bench(bench::Args),
    /// Writes the client's code from spec/.
    Generate(generate::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Import(args) => import::run(args),
        Command::Bench(args) => bench::run(args),
        Command::Generate(args) => generate::run(args),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
