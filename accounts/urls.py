"""Addresses of people and teams, below /accounts/."""

from django.urls import path

from accounts.views import account, audit, columns, sign_in, team, users

app_name = "accounts"
urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign-in"),
    path("sign-out/", sign_in.sign_out, name="sign-out"),
    path("link/<str:token>/", sign_in.link, name="link"),
    path("", account.account, name="account"),
    path("password/", account.password, name="password"),
    path("sessions/<int:pk>/end/", account.end_session, name="end-session"),
    path("sessions/end-others/", account.end_other_sessions, name="end-other-sessions"),
    path("switch-team/", account.switch_team, name="switch-team"),
    path("team/", team.team, name="team"),
    path("team/new/", team.create_team, name="create-team"),
    path("team/invite/", team.invite, name="invite"),
    path("team/members/<int:pk>/role/", team.change_role, name="change-role"),
    path("team/members/<int:pk>/remove/", team.remove_member, name="remove-member"),
    path("team/members/<int:pk>/link/", team.member_link, name="member-link"),
    path("users/", users.users, name="users"),
    path("users/<int:pk>/", users.user, name="user"),
    path("users/<int:pk>/deactivate/", users.deactivate, name="deactivate-user"),
    path("users/<int:pk>/activate/", users.activate, name="activate-user"),
    path("users/<int:pk>/end-sessions/", users.end_sessions, name="end-user-sessions"),
    path("users/<int:pk>/sessions/<int:session>/end/", users.end_session, name="end-user-session"),
    path("audit/", audit.audit, name="audit"),
    path("columns/<slug:table>/", columns.columns, name="columns"),
]
