//! Outside truth: answers of the field's trusted engines on the same inputs.

mod forecast_scores;
