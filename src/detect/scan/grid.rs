//! Which places touch: H3 cells say so themselves, of any other places the caller says.

use std::collections::{HashMap, VecDeque};

use crate::domain::place::Cell;

/// The places of a scan as a graph.
pub(super) enum Grid {
    /// Cells of one resolution, by place.
    Cells(Vec<Cell>),
    /// Neighbours of every place, in ascending order.
    Given(Vec<Vec<u32>>),
}

/// Out of reach.
pub(super) const FAR: u32 = u32::MAX;

impl Grid {
    /// Every id as an H3 cell; `None` unless all are, and of one resolution.
    pub fn cells<'a>(ids: impl Iterator<Item = &'a str>) -> Option<Vec<Cell>> {
        let cells = ids.map(|id| id.parse().ok()).collect::<Option<Vec<Cell>>>()?;
        let resolution = cells.first()?.resolution();
        cells.iter().all(|c| c.resolution() == resolution).then_some(cells)
    }

    /// Pairs of places that touch, in either order; a place does not touch itself.
    pub fn of_pairs(places: usize, pairs: impl Iterator<Item = (u32, u32)>) -> Self {
        let mut neighbours = vec![Vec::new(); places];
        for (a, b) in pairs.filter(|(a, b)| a != b) {
            neighbours[a as usize].push(b);
            neighbours[b as usize].push(a);
        }
        Self::Given(sorted(neighbours))
    }

    /// By place: the places that touch it, in ascending order.
    pub fn neighbours(&self) -> Vec<Vec<u32>> {
        match self {
            Self::Given(neighbours) => neighbours.clone(),
            Self::Cells(cells) => {
                let number: HashMap<Cell, u32> = cells.iter().enumerate().map(|(i, c)| (*c, i as u32)).collect();
                let of = |c: &Cell| c.neighbours().iter().filter_map(|n| number.get(n).copied()).collect();
                sorted(cells.iter().map(of).collect())
            }
        }
    }

    /// Steps from `centre` to each of some places, [`FAR`] where there is no way. Cells are counted across cells that
    /// are no places of the scan; given neighbours are not.
    pub fn steps(&self, centre: usize, places: &[u32]) -> Vec<u32> {
        match self {
            Self::Cells(cells) => {
                places.iter().map(|&p| cells[centre].steps_to(cells[p as usize]).unwrap_or(FAR)).collect()
            }
            Self::Given(neighbours) => {
                let mut steps = vec![FAR; neighbours.len()];
                steps[centre] = 0;
                let mut queue = VecDeque::from([centre]);
                while let Some(place) = queue.pop_front() {
                    for &next in &neighbours[place] {
                        if steps[next as usize] == FAR {
                            steps[next as usize] = steps[place] + 1;
                            queue.push_back(next as usize);
                        }
                    }
                }
                places.iter().map(|&p| steps[p as usize]).collect()
            }
        }
    }
}

fn sorted(mut neighbours: Vec<Vec<u32>>) -> Vec<Vec<u32>> {
    for list in &mut neighbours {
        list.sort_unstable();
        list.dedup();
    }
    neighbours
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::place::{Point, Resolution};

    #[test]
    fn cells_know_their_neighbours_and_count_steps_across_gaps() {
        let centre = Point::new(44.3, -69.8).unwrap().cell(Resolution::Eight);
        let mut cells = vec![centre];
        cells.extend(centre.neighbours());
        let far = centre.neighbours()[0].neighbours().into_iter().find(|c| !cells.contains(c)).unwrap();
        let all = Grid::Cells(cells.iter().copied().chain([far]).collect());
        assert_eq!(all.neighbours()[0], [1, 2, 3, 4, 5, 6]);
        assert_eq!(all.steps(0, &[0, 1, 6, 7]), [0, 1, 1, 2]);
        let gap = Grid::Cells(vec![centre, far]);
        assert_eq!((gap.neighbours(), gap.steps(0, &[1])), (vec![vec![], vec![]], vec![2]));
        let ids = [centre.to_string(), far.to_string()];
        assert_eq!(Grid::cells(ids.iter().map(String::as_str)), Some(vec![centre, far]));
        assert_eq!(Grid::cells([ids[0].as_str(), "a"].into_iter()), None);
    }

    #[test]
    fn given_pairs_hold_in_both_directions() {
        let grid = Grid::of_pairs(4, [(1, 0), (0, 1), (1, 2), (2, 2)].into_iter());
        assert_eq!(grid.neighbours(), [vec![1], vec![0, 2], vec![1], vec![]]);
        assert_eq!(grid.steps(0, &[0, 1, 2, 3]), [0, 1, 2, FAR]);
    }
}
