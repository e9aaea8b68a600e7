//! One statement on either database.

/// Runs `$body` with `$conn` bound to the concrete connection of the transaction.
macro_rules! either {
    ($tx:expr, |$conn:ident| $body:expr) => {
        match $tx {
            $crate::db::Tx::Lite(tx) => {
                let $conn = &mut **tx;
                $body
            }
            $crate::db::Tx::Pg(tx) => {
                let $conn = &mut **tx;
                $body
            }
        }
    };
}

/// Runs a statement; how many rows it touched.
macro_rules! exec {
    ($tx:expr, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::db::either!($tx, |conn| sqlx::query($sql)
            $(.bind($arg))*
            .execute(conn)
            .await
            .map(|done| done.rows_affected()))
    };
}

/// Every row, as `$row`.
macro_rules! fetch_all {
    ($tx:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::db::either!($tx, |conn| sqlx::query_as::<_, $row>($sql)
            $(.bind($arg))*
            .fetch_all(conn)
            .await)
    };
}

/// The first row, if any.
macro_rules! fetch_opt {
    ($tx:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::db::either!($tx, |conn| sqlx::query_as::<_, $row>($sql)
            $(.bind($arg))*
            .fetch_optional(conn)
            .await)
    };
}

/// The row that must be there.
macro_rules! fetch_one {
    ($tx:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {
        $crate::db::either!($tx, |conn| sqlx::query_as::<_, $row>($sql)
            $(.bind($arg))*
            .fetch_one(conn)
            .await)
    };
}

/// [`exec!`] inside a business: `$1` is the business, the arguments follow from `$2`.
macro_rules! tenant_exec {
    ($tx:expr, $sql:expr $(, $arg:expr)* $(,)?) => {{
        let (tx, tenant) = $tx.parts();
        $crate::db::exec!(tx, $sql, tenant.id() $(, $arg)*)
    }};
}

/// [`fetch_all!`] inside a business: `$1` is the business, the arguments follow from `$2`.
macro_rules! tenant_fetch_all {
    ($tx:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {{
        let (tx, tenant) = $tx.parts();
        $crate::db::fetch_all!(tx, $row, $sql, tenant.id() $(, $arg)*)
    }};
}

/// [`fetch_opt!`] inside a business: `$1` is the business, the arguments follow from `$2`.
macro_rules! tenant_fetch_opt {
    ($tx:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {{
        let (tx, tenant) = $tx.parts();
        $crate::db::fetch_opt!(tx, $row, $sql, tenant.id() $(, $arg)*)
    }};
}

/// [`fetch_one!`] inside a business: `$1` is the business, the arguments follow from `$2`.
macro_rules! tenant_fetch_one {
    ($tx:expr, $row:ty, $sql:expr $(, $arg:expr)* $(,)?) => {{
        let (tx, tenant) = $tx.parts();
        $crate::db::fetch_one!(tx, $row, $sql, tenant.id() $(, $arg)*)
    }};
}

pub(crate) use {
    either, exec, fetch_all, fetch_one, fetch_opt, tenant_exec, tenant_fetch_all, tenant_fetch_one,
    tenant_fetch_opt,
};
