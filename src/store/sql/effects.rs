//! Names of the effects whose keys are kept. Knows no database.

/// What an effect does. A key belongs to one kind.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::store) enum Kind {
    SaveOpportunity,
    AddNote,
    Book,
    MoveAppointment,
    CancelAppointment,
    CreateTicket,
    CommentTicket,
}

impl Kind {
    /// The name used in storage.
    pub(in crate::store) fn as_str(self) -> &'static str {
        match self {
            Self::SaveOpportunity => "save_opportunity",
            Self::AddNote => "add_note",
            Self::Book => "book",
            Self::MoveAppointment => "move_appointment",
            Self::CancelAppointment => "cancel_appointment",
            Self::CreateTicket => "create_ticket",
            Self::CommentTicket => "comment_ticket",
        }
    }
}
