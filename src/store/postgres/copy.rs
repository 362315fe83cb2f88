//! Rows by `COPY … FROM STDIN (FORMAT binary)`: the shortest way of many rows into a table.
//!
//! The form is PostgreSQL's, chapter "COPY", section "Binary Format": a signature, then of each row the number of its
//! fields, of each field its length and its bytes as the type sends them. A field must have the column's very type:
//! an `i64` goes into a `bigint` and into nothing else.

use sqlx::{Encode, PgConnection, Postgres, encode::IsNull, error::BoxDynError, postgres::PgArgumentBuffer};

const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// Neither flags nor an extension of the header.
const HEADER_REST: [u8; 8] = [0; 8];
const NULL: i32 = -1;
const END: i16 = -1;
/// What is sent at a time: the server works on it while the next rows are written down.
const CHUNK: usize = 128 << 10;

/// The fields of one row, in the order of the statement's columns.
pub(super) struct Fields<'b> {
    buffer: &'b mut PgArgumentBuffer,
    count: i16,
}

impl Fields<'_> {
    pub fn put<'q>(&mut self, value: impl Encode<'q, Postgres>) -> Result<(), BoxDynError> {
        let at = self.buffer.len();
        self.buffer.extend_from_slice(&NULL.to_be_bytes());
        if let IsNull::No = value.encode(self.buffer)? {
            let length = i32::try_from(self.buffer.len() - at - 4)?;
            self.buffer[at..at + 4].copy_from_slice(&length.to_be_bytes());
        }
        self.count += 1;
        Ok(())
    }
}

/// Run a `COPY` statement with these rows.
pub(super) async fn copy_in<R>(
    connection: &mut PgConnection,
    statement: &str,
    rows: &[R],
    fields: impl Fn(&mut Fields<'_>, &R) -> Result<(), BoxDynError>,
) -> sqlx::Result<()> {
    let mut buffer = PgArgumentBuffer::default();
    buffer.extend_from_slice(SIGNATURE);
    buffer.extend_from_slice(&HEADER_REST);
    let mut copy = connection.copy_in_raw(statement).await?;
    for row in rows {
        if let Err(e) = push(&mut buffer, row, &fields) {
            copy.abort("a value has no binary form").await?;
            return Err(sqlx::Error::Encode(e));
        }
        if buffer.len() >= CHUNK {
            copy.send(buffer.as_slice()).await?;
            buffer.clear();
        }
    }
    buffer.extend_from_slice(&END.to_be_bytes());
    copy.send(buffer.as_slice()).await?;
    copy.finish().await?;
    Ok(())
}

fn push<R>(
    buffer: &mut PgArgumentBuffer,
    row: &R,
    fields: impl Fn(&mut Fields<'_>, &R) -> Result<(), BoxDynError>,
) -> Result<(), BoxDynError> {
    let at = buffer.len();
    buffer.extend_from_slice(&0_i16.to_be_bytes());
    let mut written = Fields { buffer, count: 0 };
    fields(&mut written, row)?;
    let count = written.count;
    buffer[at..at + 2].copy_from_slice(&count.to_be_bytes());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_tells_its_fields_each_with_its_length() {
        let mut buffer = PgArgumentBuffer::default();
        push(&mut buffer, &("ab", None::<i64>, true), |f, (text, none, flag)| {
            f.put(*text)?;
            f.put(*none)?;
            f.put(*flag)
        })
        .unwrap();
        let expected: &[u8] = b"\0\x03\0\0\0\x02ab\xff\xff\xff\xff\0\0\0\x01\x01";
        assert_eq!(buffer.as_slice(), expected);
    }
}
