//! The one binary. Everything it can do is in `cli`.

use std::process::ExitCode;

use emberwatch::cli;

/// Rows are read by one thread, judged by another and stored by a third: the system's allocator pays for memory that
/// is given back by another thread than took it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    cli::main()
}
