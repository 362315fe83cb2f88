//! The audit log's chain of hashes: each entry's hash covers its content and the hash before it, so that
//! no entry can be changed, dropped or slipped in without breaking the chain from there on.

use sha2::{Digest, Sha256};

use super::{AuditCheck, Result, columns::Columns, encode::micros};
use crate::domain::scope::Scope;

/// One entry of the audit log, as far as its hash covers it.
pub(super) struct AuditEntry<'a> {
    pub jurisdiction: &'a str,
    pub position: i64,
    pub at_micros: i64,
    pub actor: &'a str,
    pub action: &'a str,
    pub object: &'a str,
}

impl AuditEntry<'_> {
    /// SHA-256 over the hash of the entry before and every field with its length.
    pub(super) fn hash(&self, before: &[u8; 32]) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(before);
        hash.update(self.position.to_be_bytes());
        hash.update(self.at_micros.to_be_bytes());
        for part in [self.jurisdiction, self.actor, self.action, self.object] {
            hash.update((part.len() as u64).to_be_bytes());
            hash.update(part.as_bytes());
        }
        hash.finalize().into()
    }
}

/// Walks the log from its first entry.
pub(super) struct AuditChain<'a> {
    jurisdiction: &'a str,
    pub position: i64,
    hash: [u8; 32],
}

impl<'a> AuditChain<'a> {
    pub(super) fn new(scope: &'a Scope) -> Self {
        Self { jurisdiction: scope.jurisdiction.as_str(), position: 0, hash: [0; 32] }
    }

    /// Take the next entry; `Some` when it does not follow from what came before.
    pub(super) fn check(&mut self, r: &impl Columns) -> Result<Option<AuditCheck>> {
        let expected = self.position + 1;
        let (actor, action, object) = (r.text("actor")?, r.text("action")?, r.text("object")?);
        let entry = AuditEntry {
            jurisdiction: self.jurisdiction,
            position: r.int("position")?,
            at_micros: micros(r.instant("at")?),
            actor: &actor,
            action: &action,
            object: &object,
        };
        // A stored hash of another length than 32 bytes is a mutation like any other.
        if entry.position != expected || r.bytes("hash")? != entry.hash(&self.hash) {
            return Ok(Some(AuditCheck::Broken { position: expected.unsigned_abs() }));
        }
        self.hash = entry.hash(&self.hash);
        self.position = expected;
        Ok(None)
    }

    /// After the last entry: does the log end where it was left?
    pub(super) fn end(&self, position: i64, hash: &[u8; 32]) -> AuditCheck {
        if self.position == position && self.hash == *hash {
            AuditCheck::Intact { rows: position.unsigned_abs() }
        } else {
            AuditCheck::Broken { position: (self.position + 1).unsigned_abs() }
        }
    }
}
