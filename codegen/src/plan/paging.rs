//! How calls page: which member of the request leads to the next page, and what of the answer says so.

use super::{FieldPlan, Planner, Presence, RequestField, RustTy};
use crate::ir::{Content, Kind, Object, Operation, Ty};
use crate::overlay::Paging;

/// How a call pages. Names are Rust names of fields.
#[derive(Clone, Debug)]
pub struct PagingPlan {
    /// The type of an item.
    pub item: RustTy,
    /// The answer's field with the items.
    pub items: PageField,
    /// The request's field with a page's size.
    pub size: Option<String>,
    /// How the next page is asked for.
    pub kind: PagingKind,
}

/// A field of an answer.
#[derive(Clone, Debug)]
pub struct PageField {
    /// Its name.
    pub rust: String,
    /// Whether it may be absent.
    pub optional: bool,
}

/// How the next page is asked for.
#[derive(Clone, Debug)]
pub enum PagingKind {
    /// After the last item, in an order that tells items apart.
    SearchAfter {
        /// The request's field with the order, and the order used when there is none.
        sort: Option<(String, Vec<String>)>,
        /// The request's field that says where to go on.
        cursor: String,
        /// The item's field that the cursor takes.
        item_cursor: String,
    },
    /// By the number of the page.
    Page {
        /// The request's field with the number.
        page: String,
        /// The number of the first page.
        first: u64,
        /// The answer's field with the count of all items.
        total: Option<PageField>,
    },
    /// By the number of items before it.
    Offset {
        /// The request's field with the number.
        offset: String,
        /// The answer's field with the count of all items.
        total: Option<PageField>,
    },
    /// By what the answer says.
    Cursor(Cursor),
}

/// A cursor that the answer hands out.
#[derive(Clone, Debug)]
pub struct Cursor {
    /// The request's field.
    pub request: String,
    /// The answer's field.
    pub answer: PageField,
}

impl Planner<'_> {
    pub(super) fn paging(&mut self, operation: &Operation, fields: &[RequestField]) -> Option<PagingPlan> {
        let paging = self.overlay.traits.paging.get(&operation.id)?.clone();
        match self.paging_plan(&paging, operation, fields) {
            Ok(plan) => Some(plan),
            Err(problem) => {
                self.errors.push(format!("traits.toml paging: `{}` {problem}", operation.id));
                None
            }
        }
    }

    fn paging_plan(
        &mut self,
        paging: &Paging,
        operation: &Operation,
        fields: &[RequestField],
    ) -> Result<PagingPlan, String> {
        let request = |wire: &Option<String>, what: &str| {
            let wire = wire.as_ref().ok_or_else(|| format!("needs `{what}`"))?;
            let optional =
                |field: &&RequestField| field.field.wire == *wire && field.field.presence == Presence::Optional;
            let field = fields.iter().find(optional);
            field.map(|field| &field.field).ok_or_else(|| format!("has no optional request member `{wire}`"))
        };
        let answer = self.answer_fields(operation);
        let page_field = |wire: &str| {
            let field = answer.iter().find(|field| field.wire == wire);
            let field = field.ok_or_else(|| format!("has no answer member `{wire}`"))?;
            let optional = field.presence != Presence::Required;
            Ok::<_, String>((field, PageField { rust: field.rust.clone(), optional }))
        };
        let (items_field, items) = page_field(&paging.items)?;
        let RustTy::Vec(item) = &items_field.ty else { return Err(format!("`{}` is no list", paging.items)) };
        let total = match &paging.total {
            Some(total) => Some(page_field(total)?.1),
            None => None,
        };
        let size = match &paging.size {
            Some(_) => Some(request(&paging.size, "size")?.rust.clone()),
            None => None,
        };
        let kind = match paging.kind.as_str() {
            "search_after" => PagingKind::SearchAfter {
                sort: match &paging.sort {
                    Some(_) => Some((request(&paging.sort, "sort")?.rust.clone(), paging.default_sort.clone())),
                    None => None,
                },
                cursor: request(&paging.cursor, "cursor")?.rust.clone(),
                item_cursor: self.words.snake(paging.item_cursor.as_ref().ok_or("needs `item_cursor`")?),
            },
            "page" => PagingKind::Page {
                page: request(&paging.page, "page")?.rust.clone(),
                first: paging.first.unwrap_or(1),
                total,
            },
            "offset" => PagingKind::Offset { offset: request(&paging.page, "page")?.rust.clone(), total },
            "cursor" => {
                let request = request(&paging.cursor, "cursor")?;
                let (field, answer) = page_field(paging.next.as_ref().ok_or("needs `next`")?)?;
                if field.ty != request.ty {
                    return Err("hands out a cursor of another type than the request takes".to_owned());
                }
                PagingKind::Cursor(Cursor { request: request.rust.clone(), answer })
            }
            other => return Err(format!("pages by `{other}`: there are search_after, page, offset and cursor")),
        };
        Ok(PagingPlan { item: (**item).clone(), items, size, kind })
    }

    /// The fields of what a call answers, whoever owns them.
    fn answer_fields(&mut self, operation: &Operation) -> Vec<FieldPlan> {
        let place = format!("{}.{}", operation.id, operation.response.status);
        let (id, object): (String, Object) = match operation.response.content.as_ref().map(|(_, content)| content) {
            Some(Content::Object(object)) => (place, object.clone()),
            Some(Content::Value(Ty::Named(id), _)) => match self.ir.types.get(id).map(|ty| &ty.kind) {
                Some(Kind::Object(object)) => (id.clone(), object.clone()),
                _ => return Vec::new(),
            },
            _ => return Vec::new(),
        };
        self.structure(&id, "", Vec::new(), &object, false, None).0.fields
    }
}
