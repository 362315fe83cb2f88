//! `emberwatch openapi`: the API description that `web/openapi.json` must equal.

use std::io::Write;

pub fn run() -> anyhow::Result<()> {
    writeln!(std::io::stdout().lock(), "{}", crate::api::openapi_json())?;
    Ok(())
}
