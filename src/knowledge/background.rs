//! What a likeness of two texts is worth. A model of meaning finds any two texts alike to some degree, two in one
//! language more than two in different ones, and some texts like everything. So it is measured against texts that have
//! nothing to do with each other; nothing of it is learned from the company's own documents. Knows no index.

use crate::domain::language::Language;
use crate::llm::embed::{EmbedError, Embedder, TextKind};

/// How much of what all questions have in common is taken out of a question. It keeps a passage that is like every
/// question from being everybody's neighbour; taken out whole, short questions would lose too much.
const COMMON_SHARE: f32 = 0.5;

/// How far the worth of a likeness follows the pair of languages, measured on few sentences, and not all of them.
const PAIR_SHARE: f32 = 0.6;

/// Sentences about nothing in particular that a shop's customer asks, in each language.
const UNRELATED: [(Language, &[&str]); 3] = [
    (
        Language::Portuguese,
        &[
            "O trem para o litoral sai da estação central às seis da manhã e volta no começo da noite.",
            "A consulta com o dentista dura meia hora e inclui limpeza e radiografia.",
            "O motor do carro precisa de troca de óleo a cada dez mil quilômetros.",
            "A receita leva farinha, ovos, açúcar e uma pitada de sal.",
            "O time marcou dois gols no segundo tempo e venceu o campeonato estadual.",
            "A matrícula na escola de idiomas pode ser feita até o fim do mês.",
            "O notebook tem tela de quatorze polegadas e bateria que dura dez horas.",
            "A previsão é de chuva forte no sul do país durante o fim de semana.",
            "O hotel oferece café da manhã, piscina aquecida e academia.",
            "O imposto de renda deve ser declarado até o último dia de maio.",
            "O gato dorme a maior parte do dia e gosta de lugares quentes.",
            "A academia tem aulas de natação, musculação e dança.",
            "O aluguel do apartamento inclui condomínio e uma vaga na garagem.",
            "O museu guarda quadros do século dezenove e esculturas de bronze.",
            "O remédio deve ser tomado depois das refeições, com um copo de água.",
            "A camisa de algodão encolhe se for lavada em água quente.",
        ],
    ),
    (
        Language::English,
        &[
            "The flight to London leaves from gate twelve at half past nine.",
            "Our mechanics can replace the brakes while you wait in the lounge.",
            "The recipe calls for butter, flour, two eggs and a cup of milk.",
            "The concert tickets can be refunded up to one week before the show.",
            "Students must hand in their essays by Friday afternoon.",
            "The laptop comes with a two year warranty and free repairs.",
            "The hotel room has a sea view, a safe and a small kitchen.",
            "The bank charges a fee for transfers to foreign accounts.",
            "The novel tells the story of three sisters during the war.",
            "The clinic offers vaccines, blood tests and eye examinations.",
            "The gym is open day and night and has a heated swimming pool.",
            "The river floods every spring when the snow melts in the mountains.",
            "The museum closes on Mondays and entrance is free for children.",
            "The new phone has two cameras and a larger battery.",
        ],
    ),
    (
        Language::Spanish,
        &[
            "El tren a la costa sale de la estación central a las seis de la mañana.",
            "La consulta con el médico dura media hora y hay que llegar en ayunas.",
            "El motor del coche necesita un cambio de aceite cada año.",
            "La receta lleva harina, huevos, azúcar y un poco de sal.",
            "El equipo ganó el campeonato con un gol en el último minuto.",
            "La matrícula en la escuela de idiomas termina a fin de mes.",
            "El hotel ofrece desayuno, piscina climatizada y gimnasio.",
            "El impuesto se paga en el banco antes del último día de mayo.",
            "El museo guarda cuadros del siglo diecinueve y esculturas de bronce.",
            "La camisa de algodón se encoge si se lava con agua caliente.",
        ],
    ),
];

/// What unrelated texts are to each other, for one model.
#[derive(Clone, PartialEq, Debug)]
pub struct Background {
    /// What all questions have in common.
    common: Vec<f32>,
    /// Likeness of unrelated questions by what is peculiar to each.
    questions: Spread,
    /// Likeness of unrelated texts, in all languages.
    all: Spread,
    /// The same by the language of the question and that of the passage.
    pairs: Vec<(Language, Language, Spread)>,
}

#[derive(Clone, Copy, PartialEq, Debug)]
struct Spread {
    mean: f32,
    deviation: f32,
}

impl Spread {
    fn of(values: &[f32]) -> Self {
        let count = values.len().max(1) as f32;
        let mean = values.iter().sum::<f32>() / count;
        let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f32>() / count;
        Self { mean, deviation: variance.sqrt().max(f32::EPSILON) }
    }
}

impl Background {
    /// Measures a model. Takes as long as embedding some eighty sentences.
    ///
    /// # Errors
    /// [`EmbedError`].
    pub fn measure(embedder: &dyn Embedder) -> Result<Self, EmbedError> {
        let sentences: Vec<(Language, &str)> = UNRELATED
            .iter()
            .flat_map(|(language, sentences)| sentences.iter().map(|sentence| (*language, *sentence)))
            .collect();
        let texts: Vec<&str> = sentences.iter().map(|(_, text)| *text).collect();
        let questions = embedder.embed(&texts, TextKind::Query)?;
        let passages = embedder.embed(&texts, TextKind::Passage)?;
        let mut common = vec![0.0; embedder.dimension()];
        for question in &questions {
            let share = COMMON_SHARE / questions.len() as f32;
            common.iter_mut().zip(question).for_each(|(sum, value)| *sum += value * share);
        }
        let peculiar: Vec<Vec<f32>> =
            questions.iter().map(|question| peculiar(question.clone(), &common)).collect();
        let among = peculiar
            .iter()
            .enumerate()
            .flat_map(|(place, one)| peculiar.iter().skip(place + 1).map(move |other| dot(one, other)));
        let among = Spread::of(&among.collect::<Vec<f32>>());
        let mut likenesses: Vec<(Language, Language, f32)> = Vec::new();
        for (asked, question) in questions.into_iter().enumerate() {
            let question = without(question, &common);
            for (told, passage) in passages.iter().enumerate().filter(|(told, _)| *told != asked) {
                likenesses.push((sentences[asked].0, sentences[told].0, dot(&question, passage)));
            }
        }
        let of = |among: &dyn Fn(Language, Language) -> bool| {
            let among = likenesses.iter().filter(|(asked, told, _)| among(*asked, *told));
            Spread::of(&among.map(|(.., likeness)| *likeness).collect::<Vec<f32>>())
        };
        let pairs =
            Language::ALL.iter().flat_map(|asked| Language::ALL.iter().map(move |told| (*asked, *told)));
        let pairs = pairs.map(|(asked, told)| (asked, told, of(&|one, other| (one, other) == (asked, told))));
        Ok(Self { questions: among, all: of(&|_, _| true), pairs: pairs.collect(), common })
    }

    /// A question's vector without what it shares with every question. No longer of length 1.
    pub fn own(&self, question: Vec<f32>) -> Vec<f32> {
        without(question, &self.common)
    }

    /// What is peculiar to a question, in length 1: its vector without all that questions have in common.
    pub fn peculiar(&self, question: Vec<f32>) -> Vec<f32> {
        peculiar(question, &self.common)
    }

    /// The likeness of what is peculiar to two questions that is so many standard deviations above that of unrelated ones.
    pub fn among_questions(&self, deviations: f32) -> f32 {
        self.questions.mean + deviations * self.questions.deviation
    }

    /// How far a likeness is above that of unrelated texts, in standard deviations.
    pub fn closeness(&self, likeness: f32, asked: Language, told: Language) -> f32 {
        let pair = self.pairs.iter().find(|(one, other, _)| (*one, *other) == (asked, told));
        let pair_mean = pair.map_or(self.all.mean, |(.., spread)| spread.mean);
        let mean = pair_mean * PAIR_SHARE + self.all.mean * (1.0 - PAIR_SHARE);
        (likeness - mean) / self.all.deviation
    }
}

fn without(mut vector: Vec<f32>, common: &[f32]) -> Vec<f32> {
    vector.iter_mut().zip(common).for_each(|(value, common)| *value -= common);
    vector
}

fn peculiar(question: Vec<f32>, common: &[f32]) -> Vec<f32> {
    let whole: Vec<f32> = common.iter().map(|value| value / COMMON_SHARE).collect();
    let mut vector = without(question, &whole);
    let length = dot(&vector, &vector).sqrt().max(f32::EPSILON);
    vector.iter_mut().for_each(|value| *value /= length);
    vector
}

/// The dot product: the cosine, where both have length 1.
pub fn dot(left: &[f32], right: &[f32]) -> f32 {
    left.iter().zip(right).map(|(left, right)| left * right).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Vectors with a large common part, and a part of their own from the letters.
    struct Letters;

    impl Embedder for Letters {
        fn id(&self) -> &str {
            "letters"
        }

        fn dimension(&self) -> usize {
            27
        }

        fn embed(&self, texts: &[&str], _: TextKind) -> Result<Vec<Vec<f32>>, EmbedError> {
            let vector = |text: &&str| {
                let mut vector = vec![0.0_f32; 27];
                vector[26] = text.len() as f32;
                for letter in text.bytes().filter(u8::is_ascii_lowercase) {
                    vector[usize::from(letter - b'a')] += 1.0;
                }
                let length = dot(&vector, &vector).sqrt();
                vector.into_iter().map(|value| value / length).collect()
            };
            Ok(texts.iter().map(vector).collect())
        }
    }

    #[test]
    fn unrelated_texts_are_about_nothing_above_themselves_and_equal_ones_far() {
        let background = Background::measure(&Letters).unwrap();
        let closeness = |one: &str, other: &str| {
            let mut vectors = Letters.embed(&[one, other], TextKind::Query).unwrap().into_iter();
            let question = background.own(vectors.next().unwrap());
            let likeness = dot(&question, &vectors.next().unwrap());
            background.closeness(likeness, Language::English, Language::English)
        };
        let (unrelated, equal) =
            (closeness("jazz quiz", "the old tree"), closeness("jazz quiz", "jazz quiz"));
        assert!(equal > unrelated + 1.0, "{equal} {unrelated}");
        for (asked, told, _) in &background.pairs {
            assert!(background.closeness(background.all.mean, *asked, *told).abs() < 3.0);
        }
    }
}
