//! The program `hippocrypt`: the library on the command line.
#![deny(unsafe_code, missing_docs, unused_must_use)]
#![deny(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]
#![deny(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_possible_wrap)]

mod args;
mod commands;
mod console;
mod failure;
mod help;
mod index;
mod input;
mod ledger;
mod moments;
mod output;
mod progress;
mod question;
mod refusal;
mod report;
mod speed;
mod store;
mod table;
mod vault;

use std::process::ExitCode;

use clap::Parser;

use args::{Cli, Command};
use commands::{authority, proxy, reader};
use console::Console;
use failure::{Code, Failure};

fn main() -> ExitCode {
    let code = match Cli::try_parse() {
        Ok(cli) => run(cli),
        Err(error) => refuse(&error),
    };
    ExitCode::from(code as u8)
}

fn run(cli: Cli) -> Code {
    let console = Console::new(cli.json || cli.command.wants_json(), cli.quiet).with_clock(cli.now);
    let report = match cli.command {
        Command::Setup(args) => commands::realm::setup(&console, &args),
        Command::Schema(args) => commands::realm::schema(&console, &args),
        Command::Keygen(args) => commands::keys::keygen(&console, &args),
        Command::Delegate(args) => commands::keys::delegate(&console, &args),
        Command::Author(args) => commands::keys::author(&console, &args),
        Command::Encrypt(args) => commands::encrypt::run(&console, &args),
        Command::Decrypt(args) => commands::decrypt::run(&console, &args),
        Command::Inspect(args) => commands::inspect::run(&console, &args),
        Command::Policy(args) => commands::policy::run(&console, &args),
        Command::Enroll(args) => commands::enroll(&console, &args),
        Command::Epoch(args) => authority::epoch::run(&console, &args),
        Command::Lease(args) => authority::epoch::lease(&console, &args),
        Command::Issue(args) => authority::keys::issue(&console, &args),
        Command::Grant(args) => authority::keys::grant(&console, &args),
        Command::Refresh(args) => authority::refresh::run(&console, &args),
        Command::Revoke(args) => authority::revoke::run(&console, &args),
        Command::Proxy(args) => proxy::run(&console, &args),
        Command::Seal(args) => proxy::seal::run(&console, &args),
        Command::Request(args) => reader::request::run(&console, &args),
        Command::Transform(args) => proxy::transform::run(&console, &args),
        Command::Finish(args) => reader::finish::run(&console, &args),
        Command::Vault(args) => commands::vault::run(&console, &args),
        Command::Index(args) => commands::index::run(&console, &args),
        Command::Ledger(args) => commands::ledger::run(&console, &args),
        Command::Speed(args) => speed::run(&console, &args),
    };
    let told = report.and_then(|report| {
        console.report(&report)?;
        report.verdict.map_or(Ok(()), Err)
    });
    match told {
        Ok(()) => Code::Done,
        Err(failure) => {
            console.fail(&failure);
            failure.code
        }
    }
}

/// What the command line parser has to say: help, the version, or what is wrong.
fn refuse(error: &clap::Error) -> Code {
    if !error.use_stderr() {
        // Help that nobody reads to its end is no failure.
        let _ = error.print();
        return Code::Done;
    }
    if std::env::args_os().any(|argument| argument == "--json") {
        let text = error.render().to_string();
        Console::new(true, false)
            .fail(&Failure::new(Code::Usage, text.trim_start_matches("error: ").trim_end()));
    } else {
        let _ = error.print();
    }
    Code::Usage
}
