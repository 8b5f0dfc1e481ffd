//! The thin binary: everything lives in the library.

use mimalloc::MiMalloc;
use std::process::ExitCode;

/// A turn makes many small, short-lived allocations on several threads: see `./dev bench load`.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    balcao::app::cli::main()
}
