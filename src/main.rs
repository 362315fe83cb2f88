//! The one binary. Everything it can do is in `cli`.

use std::process::ExitCode;

use emberwatch::cli;

fn main() -> ExitCode {
    cli::main()
}
