//! Users, passwords and profiles.

use elkit::elasticsearch::query_dsl::{IdsQuery, PrefixQuery};
use elkit::elasticsearch::security::{
    ApplicationPrivilegesCheck, ApplicationPrivilegesCheckRequired, ClusterPrivilege, IndexPrivilegesCheck,
    PrivilegesCheck, UserProfileHint, UserQuery,
};

use super::{Calls, es};

pub(crate) fn calls(calls: &mut Calls) {
    calls.add(
        es().put_user("jacknich")
            .password("l0ng-r4nd0m-p@ssw0rd")
            .roles(["admin", "other_role1"])
            .full_name("Jack Nicholson")
            .email_null()
            .metadata([("intelligence", 7)])
            .enabled(true)
            .refresh("wait_for")
            .into_request(),
    );
    calls.add(es().put_user("søren/ops team").password_hash("$2a$10$rMZe").roles(Vec::<String>::new()).into_request());
    calls.add(es().get_user().into_request());
    calls.add(es().get_user().username(["jacknich", "rdeniro"]).with_profile_uid(true).into_request());
    calls.add(es().get_user().username("a,b").into_request());
    calls.add(es().delete_user("jacknich").refresh("true").into_request());
    calls.add(es().enable_user("jacknich").into_request());
    calls.add(es().disable_user("jacknich").refresh("false").into_request());
    calls.add(es().change_password().password("new-test-password").into_request());
    calls.add(es().change_password().username("jacknich").password_hash("$2a$10$rMZe").into_request());
    calls.add(
        es().query_user()
            .query(UserQuery::prefix("username", PrefixQuery::new("jack")))
            .from(1)
            .size(2)
            .sort(["username"])
            .with_profile_uid(true)
            .into_request(),
    );
    calls.add(es().query_user().query(UserQuery::ids(IdsQuery::new().values(["jacknich"]))).into_request());
    calls.add(es().authenticate().into_request());
    calls.add(
        es().activate_user_profile("password").username("jacknich").password("l0ng-r4nd0m-p@ssw0rd").into_request(),
    );
    calls.add(es().activate_user_profile("access_token").access_token("dGhpcyBpcyBub3Q").into_request());
    calls.add(es().get_user_profile("u_79HkWkwmnBH5gqFKwoxggWPjEBOur1zLPXQPEl1VBW0_0").data("app1.*").into_request());
    calls.add(es().get_user_profile(["u_1", "u_2"]).into_request());
    calls.add(es().enable_user_profile("u_1").into_request());
    calls.add(es().disable_user_profile("u_1").refresh("wait_for").into_request());
    calls.add(
        es().suggest_user_profiles()
            .name("jack")
            .size(10)
            .hint(UserProfileHint::new().uids(["u_1"]).labels([("direction", ["south", "east"])]))
            .data("app1")
            .into_request(),
    );
    calls.add(
        es().update_user_profile_data("u_1")
            .labels([("direction", "north")])
            .data([("app1", serde_json::json!({"theme": "default", "font": null}))])
            .if_seq_no(3)
            .if_primary_term(1)
            .into_request(),
    );
    let check = ApplicationPrivilegesCheck::new(ApplicationPrivilegesCheckRequired {
        application: "inventory_manager".into(),
        privileges: vec!["read".into(), "data:write/inventory".into()],
        resources: vec!["product/1852563".into()],
    });
    calls.add(
        es().has_privileges_user_profile(
            ["u_1", "u_2"],
            PrivilegesCheck::new().cluster(["monitor"]).application([check.clone()]),
        )
        .into_request(),
    );
    calls.add(es().has_privileges().cluster(["monitor", "manage"]).into_request());
    calls.add(
        es().has_privileges()
            .user("jacknich")
            .cluster([ClusterPrivilege::All])
            .index([IndexPrivilegesCheck::new(["suppliers", "products"], ["read"]).allow_restricted_indices(false)])
            .application([check])
            .into_request(),
    );
    calls.add(es().get_user_privileges().into_request());
}
