//! The files and their columns: names, Portuguese aliases, and which must be there. Pure tables.

use crate::backoffice::words::fold;

/// What the rows of a file are. In the order in which one may refer to another.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// `products.csv`
    Products,
    /// `customers.csv`
    Contacts,
    /// `services.csv`
    Services,
    /// `professionals.csv`
    Professionals,
    /// `orders.csv`
    Orders,
    /// `appointments.csv`
    Appointments,
    /// `tickets.csv`
    Tickets,
    /// `coupons.csv`
    Coupons,
    /// `shipping.csv`
    Shipping,
}

/// Whether a file must have a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// It must.
    Must,
    /// It may.
    May,
}

/// One column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// Other names it goes by, folded.
    pub aliases: &'static [&'static str],
    /// Whether a file must have it.
    pub need: Need,
}

const fn must(name: &'static str, aliases: &'static [&'static str]) -> Column {
    Column { name, aliases, need: Need::Must }
}

const fn may(name: &'static str, aliases: &'static [&'static str]) -> Column {
    Column { name, aliases, need: Need::May }
}

const PRODUCTS: &[Column] = &[
    must("sku", &["codigo", "referencia", "ref"]),
    must("name", &["nome", "produto", "titulo"]),
    may("category", &["categoria"]),
    may("description", &["descricao"]),
    must("price", &["preco", "valor"]),
    may("weight_g", &["peso_g", "peso", "weight"]),
    must("stock", &["estoque", "quantidade"]),
    may("variation_of", &["variacao_de", "produto_pai"]),
    may("variation", &["variacao"]),
    may("complements", &["complementos", "combina_com"]),
];

const CONTACTS: &[Column] = &[
    may("name", &["nome", "cliente"]),
    must("email", &["e_mail", "mail"]),
    may("phone", &["telefone", "celular", "whatsapp"]),
    may("stage", &["etapa", "estagio", "fase"]),
    may("tags", &["etiquetas", "marcadores"]),
    may("notes", &["observacoes", "notas", "obs"]),
    may("created_at", &["criado_em", "cadastro", "data_cadastro"]),
    may("marketing_consent", &["aceita_marketing", "consentimento", "consentimento_marketing"]),
    may("origin", &["origem"]),
    may("language", &["idioma"]),
];

const SERVICES: &[Column] = &[
    must("id", &["codigo"]),
    must("name", &["nome", "servico"]),
    must("duration_min", &["duracao_min", "duracao", "minutos"]),
    may("price", &["preco", "valor"]),
    may("description", &["descricao"]),
    may("location", &["local"]),
];

const PROFESSIONALS: &[Column] = &[
    must("id", &["codigo"]),
    must("name", &["nome", "profissional"]),
    may("role", &["funcao", "cargo", "especialidade"]),
    may("hours", &["horario", "horarios"]),
    may("services", &["servicos"]),
];

const CUSTOMER: Column =
    must("customer_email", &["customer", "cliente", "email_cliente", "email_do_cliente", "email"]);

const ORDERS: &[Column] = &[
    must("number", &["numero", "pedido", "numero_pedido"]),
    CUSTOMER,
    must("placed_at", &["data", "data_pedido", "criado_em"]),
    must("status", &["situacao"]),
    may("payment_status", &["status_pagamento", "situacao_pagamento"]),
    may("payment_method", &["forma_pagamento", "forma_de_pagamento", "pagamento"]),
    must("items", &["itens", "produtos"]),
    may("shipping_method", &["forma_envio", "forma_de_envio", "envio"]),
    may("shipping_price", &["frete", "valor_frete"]),
    may("discount", &["desconto"]),
    must("total", &["valor_total"]),
    may("carrier", &["transportadora"]),
    may("tracking_code", &["rastreio", "codigo_rastreio", "codigo_de_rastreio"]),
    may("delivery_estimate", &["previsao_entrega", "previsao", "previsao_de_entrega"]),
    may("cep", &["postal_code", "codigo_postal"]),
];

const APPOINTMENTS: &[Column] = &[
    must("professional_id", &["profissional", "profissional_id"]),
    must("service_id", &["servico", "servico_id"]),
    must("start", &["inicio", "data", "data_hora"]),
    CUSTOMER,
    may("status", &["situacao"]),
    may("notes", &["observacoes", "notas", "obs"]),
    may("end", &["fim", "termino"]),
    may("code", &["codigo"]),
    may("id", &[]),
];

const TICKETS: &[Column] = &[
    must("number", &["numero", "chamado"]),
    CUSTOMER,
    must("subject", &["assunto", "titulo"]),
    may("description", &["descricao"]),
    may("category", &["categoria"]),
    may("priority", &["prioridade"]),
    may("status", &["situacao"]),
    must("created_at", &["criado_em", "data", "aberto_em"]),
    may("comments", &["comentarios"]),
    may("updated_at", &["atualizado_em"]),
];

const COUPONS: &[Column] = &[
    must("code", &["codigo", "cupom"]),
    may("description", &["descricao"]),
    must("kind", &["tipo"]),
    may("value", &["valor"]),
    may("min_purchase", &["compra_minima", "minimo", "valor_minimo"]),
    may("rule", &["regra"]),
    must("valid_from", &["valido_de", "inicio"]),
    must("valid_until", &["valido_ate", "fim", "validade"]),
];

const SHIPPING: &[Column] = &[
    must("cep_from", &["cep_inicial", "cep_de"]),
    must("cep_to", &["cep_final", "cep_ate"]),
    may("region", &["regiao"]),
    must("method", &["metodo", "forma_envio", "modalidade"]),
    must("base_price", &["preco_base", "valor_base"]),
    may("price_per_kg", &["preco_por_kg", "preco_kg", "valor_kg"]),
    must("days_min", &["prazo_min", "dias_min"]),
    must("days_max", &["prazo_max", "dias_max"]),
    may("free_above", &["gratis_acima", "frete_gratis_acima", "gratis_acima_de"]),
];

impl Kind {
    /// Every kind, none before one that it may refer to.
    pub const ALL: [Self; 9] = [
        Self::Products,
        Self::Contacts,
        Self::Services,
        Self::Professionals,
        Self::Orders,
        Self::Appointments,
        Self::Tickets,
        Self::Coupons,
        Self::Shipping,
    ];

    /// The file it is written to, and its name without `.csv` on the command line.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Products => "products.csv",
            Self::Contacts => "customers.csv",
            Self::Services => "services.csv",
            Self::Professionals => "professionals.csv",
            Self::Orders => "orders.csv",
            Self::Appointments => "appointments.csv",
            Self::Tickets => "tickets.csv",
            Self::Coupons => "coupons.csv",
            Self::Shipping => "shipping.csv",
        }
    }

    /// The kind a file is of by its name, in English or Portuguese, with or without `.csv`.
    pub fn of_file(name: &str) -> Option<Self> {
        let folded = fold(name);
        match folded.strip_suffix(".csv").unwrap_or(&folded) {
            "products" | "produtos" => Some(Self::Products),
            "customers" | "contacts" | "clientes" | "contatos" => Some(Self::Contacts),
            "services" | "servicos" => Some(Self::Services),
            "professionals" | "profissionais" => Some(Self::Professionals),
            "orders" | "pedidos" => Some(Self::Orders),
            "appointments" | "agenda" | "agendamentos" => Some(Self::Appointments),
            "tickets" | "chamados" => Some(Self::Tickets),
            "coupons" | "cupons" => Some(Self::Coupons),
            "shipping" | "frete" | "fretes" => Some(Self::Shipping),
            _ => None,
        }
    }

    /// Its columns, in the order in which they are written.
    pub fn columns(self) -> &'static [Column] {
        match self {
            Self::Products => PRODUCTS,
            Self::Contacts => CONTACTS,
            Self::Services => SERVICES,
            Self::Professionals => PROFESSIONALS,
            Self::Orders => ORDERS,
            Self::Appointments => APPOINTMENTS,
            Self::Tickets => TICKETS,
            Self::Coupons => COUPONS,
            Self::Shipping => SHIPPING,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_two_columns_of_a_file() {
        for kind in Kind::ALL {
            let mut names: Vec<&str> = kind
                .columns()
                .iter()
                .flat_map(|column| [column.name].into_iter().chain(column.aliases.iter().copied()))
                .collect();
            let count = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), count, "{kind:?}");
            assert!(names.iter().all(|name| fold(name) == **name));
            assert_eq!(Kind::of_file(kind.file_name()), Some(kind));
        }
    }
}
