//! The project's own commands. They read and write files and leave every decision to `elkit-codegen`, so they work while the
//! client does not compile.

mod bench;
mod budget;
mod diff;
mod extension;
mod generate;
mod import;
mod tidy;
mod update;
mod workspace;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// A third of the generator's time would go into the system's allocator, and more of it the more there is to generate: tokens are
/// millions of small and short pieces.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    /// Imports new documents, generates, compares, compiles, and sums up.
    Update(update::Args),
    /// Says what changes for Rust users between two specs, and whether a major version is due.
    Diff(diff::Args),
    /// Measures what the generated code costs to compile.
    Bench(bench::Args),
    /// Prints hand-written specs as imports print theirs.
    Tidy,
    /// Writes the client's code from spec/, or modules for private routes with `--out`.
    Generate(generate::Args),
}

fn main() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Import(args) => import::run(args).map(|()| ExitCode::SUCCESS),
        Command::Update(args) => update::run(args),
        Command::Diff(args) => diff::run(&args),
        Command::Bench(args) => bench::run(args).map(|()| ExitCode::SUCCESS),
        Command::Tidy => tidy::run().map(|()| ExitCode::SUCCESS),
        Command::Generate(args) => generate::run(args).map(|()| ExitCode::SUCCESS),
    };
    match result {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
