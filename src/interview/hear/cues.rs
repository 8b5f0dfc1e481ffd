//! Which field a value belongs to, by the words around it: those of the field's label, and the few families of words that
//! mean the same in interviews everywhere. No word here belongs to one business.

use crate::domain::language::Language;
use crate::interview::definition::Text;
use crate::interview::field::Field;
use crate::language::filler::is_filler;
use crate::language::fold::words;
use crate::language::stem::stem;
use std::collections::HashSet;

/// A family of words.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) enum Family {
    Budget,
    Income,
    Debt,
    Price,
    Bill,
    Loan,
    Team,
    Guests,
    Students,
    Users,
    Company,
    Deadline,
}

const FAMILIES: &[(Family, &str)] = &[
    (
        Family::Budget,
        "orcamento orcamentos budget presupuesto verba verbas investir investimento investimentos invisto investimos gastar \
         gasto gastos gastaria pagar pago pagaria invest investment spend pay invertir inversion disponivel disponiveis \
         disponibilidade reservado reservei separei separado afford valor valores value amount monto",
    ),
    (
        Family::Income,
        "faturamento fatura faturam faturamos faturo receita renda salario salarios ganho ganhamos ganha recebo recebe receber lucro \
         lucramos revenue income turnover earn earns earning salary facturacion facturamos facturo ingresos gano gana sueldo vendemos vendo",
    ),
    (Family::Debt, "divida dividas devo devendo devemos debt debts owe deuda deudas debo"),
    (
        Family::Price,
        "custa custam custou custaria preco precos price costs cost cuesta cuestan cobra cobram cobraram cobrou pagaram",
    ),
    (
        Family::Bill,
        "conta contas luz energia eletrica aluguel bill bills rent electricity factura alquiler condominio",
    ),
    (
        Family::Loan,
        "emprestimo credito financiar financiamento emprestado loan credit borrow prestamo financiacion consorcio",
    ),
    (
        Family::Team,
        "pessoas pessoa people persons funcionarios funcionario funcionaria funcionarias colaboradores colaborador empregados \
         empregado equipe time employees employee team staff gente empleados equipo trabajadores porte profissionais membros \
         integrantes socios clt workers vendedores atendentes devs",
    ),
    (Family::Guests, "convidados convidadas guests invitados adultos criancas participantes attendees"),
    (Family::Students, "alunos alunas aluno aluna students estudantes alumnos estudiantes matriculados"),
    (Family::Users, "usuarios usuario users user licencas licencias seats acessos licenses operadores"),
    (
        Family::Company,
        "empresa empresas company negocio business loja razao fantasia organizacao organization instituicao escola clinica firma compania",
    ),
    (
        Family::Deadline,
        "prazo prazos quando entrega entregar entregue data deadline date plazo fecha inicio comecar comeco iniciar precisar preciso \
         precisamos precisa need needed necesito necesitamos urgente urgencia pressa lancar lancamento inaugurar inauguracao mudar mudanca \
         start launch when timeline pronto ready listo empezar evento festa casamento quero queremos want",
    ),
];

/// Words by which a field is known.
pub(super) struct Cues {
    stems: HashSet<String>,
    families: HashSet<Family>,
}

impl Cues {
    /// Those of `field`.
    pub fn of(field: &Field) -> Self {
        let mut stems = HashSet::new();
        let mut families = HashSet::new();
        let mut add = |text: &str, language: Language| {
            for word in words(text).into_iter().filter(|word| word.len() > 2) {
                families.extend(family(&word));
                if !is_filler(&word, language) {
                    stems.insert(stem(&word, language));
                }
            }
        };
        for (text, language) in texts(&field.label) {
            add(text, language);
        }
        add(&field.id.replace(['_', '-'], " "), Language::English);
        Self { stems, families }
    }

    /// Whether a folded word is one of them.
    pub fn know(&self, word: &str, language: Language) -> bool {
        family(word).is_some_and(|family| self.families.contains(&family))
            || self.stems.contains(&stem(word, language))
    }

    /// Whether the field belongs to a family.
    pub fn are_of(&self, family: Family) -> bool {
        self.families.contains(&family)
    }
}

/// The family of a folded word.
pub(super) fn family(word: &str) -> Option<Family> {
    FAMILIES
        .iter()
        .find(|(_, list)| list.split_ascii_whitespace().any(|member| member == word))
        .map(|(family, _)| *family)
}

/// Whether the family speaks of money.
pub(super) fn is_money(family: Family) -> bool {
    match family {
        Family::Budget | Family::Income | Family::Debt | Family::Price | Family::Bill | Family::Loan => true,
        Family::Team
        | Family::Guests
        | Family::Students
        | Family::Users
        | Family::Company
        | Family::Deadline => false,
    }
}

/// A text in each language it has.
pub(super) fn texts(text: &Text) -> Vec<(&str, Language)> {
    match text {
        Text::Same(text) => vec![(text, Language::default())],
        Text::ByLanguage(texts) => {
            texts.iter().map(|(tag, text)| (text.as_str(), tag.parse().unwrap_or_default())).collect()
        }
    }
}
