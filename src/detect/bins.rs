//! Places, steps of time, and who is next to whom: what the local statistics ([`mod@super::gi_star`],
//! [`mod@super::local_moran`], [`mod@super::emerging`]) are computed on.

use thiserror::Error;

/// A value for every place and step, step by step. NaN is *no data*: it is in no sum and no mean, and nothing is
/// said of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Bins {
    places: usize,
    steps: usize,
    values: Vec<f64>,
}

/// Neighbours of every place, kept one list after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neighbours {
    /// Where the list of each place begins; one more at the end.
    starts: Vec<u32>,
    near: Vec<u32>,
}

#[derive(Debug, Clone, PartialEq, Error)]
pub enum BinsError {
    #[error("{places} places and {steps} steps make {} values, and there are {values}", places * steps)]
    Size { places: usize, steps: usize, values: usize },
    #[error("place number {place} has the value {value} at step {step}; expected a number, or NaN for no data")]
    Infinite { place: usize, step: usize, value: f64 },
    #[error("place number {place} is said to be next to place number {near}, and there are {places} places")]
    UnknownNeighbour { place: usize, near: u32, places: usize },
    #[error("there are neighbours for {lists} places and values for {places}")]
    Places { lists: usize, places: usize },
}

impl Bins {
    /// All zero.
    pub fn zeros(places: usize, steps: usize) -> Self {
        Self { places, steps, values: vec![0.0; places * steps] }
    }

    /// `values`: all places of the first step, then of the second, and so on.
    ///
    /// # Errors
    /// When there are not as many values as places times steps, or one is infinite.
    pub fn new(places: usize, steps: usize, values: Vec<f64>) -> Result<Self, BinsError> {
        if values.len() != places * steps {
            return Err(BinsError::Size { places, steps, values: values.len() });
        }
        if let Some(at) = values.iter().position(|v| v.is_infinite()) {
            return Err(BinsError::Infinite { place: at % places, step: at / places, value: values[at] });
        }
        Ok(Self { places, steps, values })
    }

    pub fn places(&self) -> usize {
        self.places
    }

    pub fn steps(&self) -> usize {
        self.steps
    }

    pub fn get(&self, place: usize, step: usize) -> f64 {
        self.values[step * self.places + place]
    }

    pub fn add(&mut self, place: usize, step: usize, count: u32) {
        self.values[step * self.places + place] += f64::from(count);
    }

    /// No data of any place at this step.
    pub fn silence(&mut self, step: usize) {
        self.values[step * self.places..(step + 1) * self.places].fill(f64::NAN);
    }

    /// All places at one step.
    pub fn step(&self, step: usize) -> &[f64] {
        &self.values[step * self.places..(step + 1) * self.places]
    }

    /// The last step of which something is known.
    pub fn last_known_step(&self) -> Option<usize> {
        (0..self.steps).rev().find(|step| self.step(*step).iter().any(|v| !v.is_nan()))
    }

    /// One place at all steps.
    pub fn series(&self, place: usize) -> Vec<f64> {
        self.values.iter().skip(place).step_by(self.places.max(1)).copied().collect()
    }

    /// Step by step.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    pub(super) fn values_mut(&mut self) -> &mut [f64] {
        &mut self.values
    }
}

impl Neighbours {
    /// From a list for each place. A place is never its own neighbour, and one named twice counts once; that b is
    /// next to a does not make a next to b.
    ///
    /// # Errors
    /// When a list names a place that is not there.
    pub fn new(lists: &[Vec<u32>]) -> Result<Self, BinsError> {
        let mut made = Self { starts: vec![0], near: Vec::with_capacity(lists.iter().map(Vec::len).sum()) };
        for (place, list) in lists.iter().enumerate() {
            if let Some(&near) = list.iter().find(|near| **near as usize >= lists.len()) {
                return Err(BinsError::UnknownNeighbour { place, near, places: lists.len() });
            }
            let mut list: Vec<u32> = list.iter().copied().filter(|near| *near as usize != place).collect();
            list.sort_unstable();
            list.dedup();
            made.near.extend(list);
            made.starts.push(made.near.len() as u32);
        }
        Ok(made)
    }

    pub fn places(&self) -> usize {
        self.starts.len() - 1
    }

    /// Ascending, without the place itself.
    pub fn of(&self, place: usize) -> &[u32] {
        &self.near[self.starts[place] as usize..self.starts[place + 1] as usize]
    }

    pub(super) fn fit(&self, places: usize) -> Result<(), BinsError> {
        if self.places() == places { Ok(()) } else { Err(BinsError::Places { lists: self.places(), places }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_are_sorted_named_once_and_never_the_place_itself() {
        let near = Neighbours::new(&[vec![2, 1, 2, 0], vec![], vec![1]]).unwrap();
        assert_eq!((near.of(0), near.of(1), near.of(2)), (&[1, 2][..], &[][..], &[1][..]));
        let wrong = Neighbours::new(&[vec![3], vec![], vec![]]).unwrap_err();
        assert_eq!(wrong.to_string(), "place number 0 is said to be next to place number 3, and there are 3 places");
    }

    #[test]
    fn bins_are_read_by_place_and_by_step() {
        let mut bins = Bins::new(2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]).unwrap();
        bins.add(1, 0, 5);
        assert_eq!((bins.series(1), bins.step(1)), (vec![7.0, 4.0, 6.0], &[3.0, 4.0][..]));
        bins.silence(1);
        assert!(bins.get(0, 1).is_nan() && bins.get(1, 1).is_nan() && bins.get(0, 2) == 5.0);
        assert!(Bins::new(2, 2, vec![0.0; 3]).is_err());
        assert!(Bins::new(1, 2, vec![0.0, f64::INFINITY]).unwrap_err().to_string().contains("at step 1"));
    }
}
