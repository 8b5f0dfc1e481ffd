//! What tokens cost. Knows prices only, not who pays.

/// Price of a model per million tokens, in the configured currency; equally, per token in millionths of it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Price {
    /// For tokens read.
    pub input: f64,
    /// For tokens written.
    pub output: f64,
}

impl Price {
    /// The cost in millionths of the currency, rounded up: a budget is never overdrawn by rounding.
    pub fn of(self, input_tokens: u64, output_tokens: u64) -> u64 {
        #[expect(clippy::cast_precision_loss, reason = "token counts are far below 2^52")]
        let micros = self.input.mul_add(input_tokens as f64, self.output * output_tokens as f64);
        // A conversion from float saturates: below zero and NaN become 0.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates")]
        let whole = micros.ceil() as u64;
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_million_tokens_cost_the_price() {
        let price = Price { input: 0.15, output: 0.6 };
        assert_eq!(price.of(1_000_000, 0), 150_000);
        assert_eq!(price.of(0, 1_000_000), 600_000);
        assert_eq!(price.of(1, 1), 1);
        assert_eq!(price.of(0, 0), 0);
        assert_eq!(Price { input: f64::NAN, output: -1.0 }.of(5, 5), 0);
    }
}
