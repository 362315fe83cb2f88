//! An address taken apart: every word gets the label it plays.
//!
//! A chain of labels is chosen as a whole (Viterbi 1967), so that a word is judged with its neighbours: "St" is a saint
//! before a name and a street after one; "South" is a direction before "Main" and the name before "Boulevard". What a
//! word may be comes from its look ([`token`]) and from the standard's vocabulary (USPS Publication 28); how well labels
//! follow one another from the order in which the standard lets the parts of an address stand. All weights
//! ([`potentials`]) are set by hand, in steps of one, and read as "so many times likelier" in powers of about two.
//!
//! Limits: no dictionary of places, so a town without comma, state or ZIP behind it is taken for a street or a
//! building; names of firms and of people are told only by their position and a few words.
//!
//! To add a label: its name in [`mod@label`], its emission in [`mod@potentials`] and its place in [`mod@order`].

mod address;
mod label;
mod order;
mod other_words;
mod potentials;
mod street_words;
mod token;

pub use address::Address;
pub use label::Label;

/// A word, where it stands in the text (bytes), and its label.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Labelled {
    pub start: usize,
    pub end: usize,
    pub word: String,
    pub label: Label,
}

/// Label every word of an address.
pub fn label(text: &str) -> Vec<Labelled> {
    let tokens = token::tokens(text);
    let labels = viterbi(&tokens);
    tokens
        .into_iter()
        .zip(labels)
        .map(|(t, label)| Labelled { start: t.start, end: t.end, word: t.word, label })
        .collect()
}

/// The chain of labels with the highest sum of scores.
fn viterbi(tokens: &[token::Token]) -> Vec<Label> {
    const N: usize = Label::ALL.len();
    const IMPOSSIBLE: i32 = i32::MIN / 2;
    let steps = order::transitions();
    let context = potentials::Context::of(tokens);
    let mut back: Vec<[u8; N]> = Vec::with_capacity(tokens.len());
    let mut score = [0i32; N];
    // The labels that the word before may have; no word is without one, because any may be no part of an address.
    let mut open: Vec<usize> = Vec::with_capacity(N);
    for i in 0..tokens.len() {
        let mut next = [IMPOSSIBLE; N];
        let mut from = [0u8; N];
        let comma = i > 0 && tokens[i - 1].comma;
        for (b, label) in Label::ALL.iter().enumerate() {
            let own = potentials::emission(*label, i, tokens, &context);
            if own <= potentials::NEVER {
                continue;
            }
            if i == 0 {
                next[b] = own + order::start(*label);
                continue;
            }
            for a in open.iter().copied() {
                let total = score[a] + own + steps[a][b] + order::after_comma(Label::ALL[a], *label, comma);
                if total > next[b] {
                    next[b] = total;
                    from[b] = a as u8;
                }
            }
        }
        score = next;
        open.clear();
        open.extend((0..N).filter(|a| score[*a] > IMPOSSIBLE));
        back.push(from);
    }
    let mut labels = vec![Label::NotAddress; tokens.len()];
    let mut at = (0..N).max_by_key(|i| (score[*i] + order::end(Label::ALL[*i]), std::cmp::Reverse(*i))).unwrap_or(0);
    for i in (0..tokens.len()).rev() {
        labels[i] = Label::ALL[at];
        at = back[i][at] as usize;
    }
    labels
}
