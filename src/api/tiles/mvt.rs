//! Writing a Mapbox Vector Tile (specification 2.1): one layer of polygons with properties.
//!
//! A tile is a Protocol Buffers message of four small types, so it is written by hand: field numbers
//! are those of `vector_tile.proto`.

use std::collections::HashMap;

use super::geometry::{EXTENT, Rings};

/// A property's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Text(String),
    Number(f64),
    Count(u64),
}

/// A layer being written.
#[derive(Debug)]
pub struct Layer {
    name: &'static str,
    features: Vec<u8>,
    count: u64,
    keys: Vec<&'static str>,
    values: Vec<Vec<u8>>,
    known_values: HashMap<Vec<u8>, u64>,
}

impl Layer {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            features: Vec::new(),
            count: 0,
            keys: Vec::new(),
            values: Vec::new(),
            known_values: HashMap::new(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Add a polygon; properties without a value are left out.
    pub fn polygon(&mut self, rings: &Rings, properties: &[(&'static str, Option<Value>)]) {
        self.count += 1;
        let mut tags = Vec::new();
        for (key, value) in properties {
            let Some(value) = value else { continue };
            varint(&mut tags, self.key(key));
            let value = self.value(value);
            varint(&mut tags, value);
        }
        let mut feature = Vec::new();
        field_varint(&mut feature, 1, self.count);
        field_bytes(&mut feature, 2, &tags);
        field_varint(&mut feature, 3, 3);
        field_bytes(&mut feature, 4, &commands(rings));
        field_bytes(&mut self.features, 2, &feature);
    }

    /// The tile's bytes.
    pub fn finish(self) -> Vec<u8> {
        let mut layer = Vec::with_capacity(self.features.len() + 256);
        field_bytes(&mut layer, 1, self.name.as_bytes());
        layer.extend_from_slice(&self.features);
        for key in &self.keys {
            field_bytes(&mut layer, 3, key.as_bytes());
        }
        for value in &self.values {
            field_bytes(&mut layer, 4, value);
        }
        field_varint(&mut layer, 5, EXTENT as u64);
        field_varint(&mut layer, 15, 2);
        let mut tile = Vec::with_capacity(layer.len() + 8);
        field_bytes(&mut tile, 3, &layer);
        tile
    }

    fn key(&mut self, key: &'static str) -> u64 {
        let at = self.keys.iter().position(|k| *k == key).unwrap_or_else(|| {
            self.keys.push(key);
            self.keys.len() - 1
        });
        at as u64
    }

    fn value(&mut self, value: &Value) -> u64 {
        let mut bytes = Vec::new();
        match value {
            Value::Text(text) => field_bytes(&mut bytes, 1, text.as_bytes()),
            Value::Number(number) => {
                varint(&mut bytes, 3 << 3 | 1);
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            Value::Count(count) => field_varint(&mut bytes, 5, *count),
        }
        let next = self.values.len() as u64;
        *self.known_values.entry(bytes).or_insert_with_key(|bytes| {
            self.values.push(bytes.clone());
            next
        })
    }
}

/// MoveTo, LineTo and ClosePath with zigzag-coded steps from point to point.
fn commands(rings: &Rings) -> Vec<u8> {
    let mut out = Vec::new();
    let mut at = (0, 0);
    for ring in rings {
        let Some((first, rest)) = ring.split_first() else { continue };
        varint(&mut out, 1 << 3 | 1);
        step(&mut out, &mut at, *first);
        varint(&mut out, (rest.len() as u64) << 3 | 2);
        for point in rest {
            step(&mut out, &mut at, *point);
        }
        varint(&mut out, 1 << 3 | 7);
    }
    out
}

fn step(out: &mut Vec<u8>, at: &mut (i32, i32), to: (i32, i32)) {
    let zigzag = |n: i32| u64::from((n << 1 ^ n >> 31).cast_unsigned());
    varint(out, zigzag(to.0 - at.0));
    varint(out, zigzag(to.1 - at.1));
    *at = to;
}

fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn field_varint(out: &mut Vec<u8>, field: u64, n: u64) {
    varint(out, field << 3);
    varint(out, n);
}

fn field_bytes(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometry_is_coded_as_in_the_specification() {
        // Section 4.3.5.3 of the specification: a polygon of (3,6) (8,12) (20,34).
        let rings = vec![vec![(3, 6), (8, 12), (20, 34)]];
        assert_eq!(commands(&rings), [9, 6, 12, 18, 10, 12, 24, 44, 15]);
    }

    #[test]
    fn equal_keys_and_values_are_written_once() {
        let mut layer = Layer::new("cells");
        let ring = vec![vec![(0, 0), (10, 0), (10, 10)]];
        for _ in 0..2 {
            layer.polygon(&ring, &[("observed", Some(Value::Count(3))), ("ratio", None)]);
        }
        assert_eq!((layer.keys.len(), layer.values.len()), (1, 1));
        let bytes = layer.finish();
        assert_eq!(bytes.windows(8).filter(|w| w == b"observed").count(), 1);
        assert_eq!(bytes[0], 0x1a, "a tile begins with field 3, its layer");
    }
}
