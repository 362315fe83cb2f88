//! Case definitions: which rows of a feed count, as versioned data and not as code.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The definition (and its version) under which a row became a case.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
pub struct CaseMatch {
    /// Name of the definition, for example `montgomery-911-overdose`.
    pub definition: String,
    pub version: u32,
}
