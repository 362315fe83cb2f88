//! What an outbreak adds: so many times as much for some days, or so many cases more.

use serde::Serialize;

/// How much more than usual.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Size {
    /// The mean is so many times as high.
    Times(f64),
    /// So many cases more in all, each on a day of its own choice.
    Extra(u32),
}

/// A rise from a day on (a position), for so many days.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rise {
    pub from: usize,
    pub length: usize,
    pub size: Size,
}

impl Rise {
    /// What the mean of a day is multiplied by.
    pub fn factor(&self, t: usize) -> f64 {
        match self.size {
            Size::Times(f) if (self.from..self.from + self.length).contains(&t) => f,
            _ => 1.0,
        }
    }
}
