//! CRM service.
