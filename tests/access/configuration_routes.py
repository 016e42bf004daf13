"""The addresses of templates, versions, drafts and machines; routes.py explains the table."""

from __future__ import annotations

from tests.access.route import ENGINEER, VIEWER, Foreign, Route, Scope

CURRENT, OWNED, AUTHOR = Scope.CURRENT_TEAM, Scope.OWNED, Scope.AUTHOR
_TEMPLATE = ("{template}",)
_VERSION = ("{template}", "1")
_FOREIGN_TEXTS = (
    Foreign(fields={"text": "{text}"}, status=422),  # names the cloud of another team
    Foreign(fields={"text": "{text_of_image}"}, status=422),  # and its image
)

CONFIGURATIONS: dict[str, Route] = {
    "machines/": Route(
        CURRENT, get=VIEWER, foreign_query=(Foreign(fields={"cloud": "{cloud_name}"}, status=200),)
    ),
    "machines/picker/<int:team>/": Route(
        OWNED,
        ("{team}",),
        get=VIEWER,
        foreign_query=(Foreign(fields={"cloud": "{cloud_name}"}, status=200),),
    ),
    "templates/": Route(CURRENT, get=VIEWER),
    "templates/bulk/archive/": Route(
        OWNED, get=VIEWER, post=ENGINEER, query={"pk": "{template}"}, body={"pk": "{template}"}
    ),
    "templates/library/": Route(CURRENT, get=VIEWER),
    "templates/library/<slug:key>/use/": Route(CURRENT, ("single-node",), post=ENGINEER),
    "templates/import/": Route(
        CURRENT, get=ENGINEER, post=ENGINEER, body={"text": "{text}", "do": "open"}
    ),
    "templates/new/": Route(
        CURRENT,
        get=ENGINEER,
        post=ENGINEER,
        body={"name": "new", "message": "First.", "text": "{text}"},
        foreign=(*_FOREIGN_TEXTS, Foreign(fields={"draft": "{draft}"}, status=302)),
    ),
    "templates/drafts/<int:pk>/": Route(AUTHOR, ("{draft}",), get=ENGINEER),
    "templates/drafts/<int:pk>/discard/": Route(AUTHOR, ("{draft}",), post=ENGINEER),
    "templates/check/": Route(
        CURRENT,
        post=ENGINEER,
        body={"text": "{text}"},
        done=200,
        foreign=(Foreign(fields={"draft": "{draft}"}, status=200),),
    ),
    "templates/checks/": Route(
        CURRENT,
        post=ENGINEER,
        body={"text": "{text}"},
        done=200,
        foreign=(Foreign(fields={"text": "{text}"}, status=200),),
    ),
    "templates/<int:pk>/checks/": Route(
        OWNED,
        _TEMPLATE,
        post=ENGINEER,
        body={"text": "{text}"},
        done=200,
        foreign=(Foreign(fields={"text": "{text}"}, status=200),),
    ),
    "templates/<int:pk>/": Route(OWNED, _TEMPLATE, get=VIEWER),
    "templates/<int:pk>/edit/": Route(
        OWNED,
        _TEMPLATE,
        get=ENGINEER,
        post=ENGINEER,
        body={"base": "2", "message": "More.", "text": "{text}# more\n"},
        foreign=(*_FOREIGN_TEXTS, Foreign(fields={"draft": "{draft}"}, status=302)),
    ),
    "templates/<int:pk>/check/": Route(
        OWNED,
        _TEMPLATE,
        post=ENGINEER,
        body={"text": "{text}"},
        done=200,
        foreign=(Foreign(fields={"draft": "{draft}"}, status=200),),
    ),
    "templates/<int:pk>/archive/": Route(OWNED, _TEMPLATE, post=ENGINEER),
    "templates/<int:pk>/unarchive/": Route(OWNED, _TEMPLATE, post=ENGINEER),
    "templates/<int:pk>/versions/<int:number>/": Route(
        OWNED, _VERSION, get=VIEWER, query={"with": "2"}
    ),
    "templates/<int:pk>/versions/<int:number>/clone/": Route(
        OWNED,
        _VERSION,
        get=ENGINEER,
        post=ENGINEER,
        body={"cloud": "{cloud_name}"},
        foreign=(Foreign(fields={"cloud": "{cloud_name}"}, status=200),),
        foreign_query=(Foreign(fields={"cloud": "{cloud_name}"}, status=200),),
    ),
    "templates/<int:pk>/versions/<int:number>/export/": Route(OWNED, _VERSION, get=VIEWER),
    "templates/<int:pk>/versions/<int:number>/archive/": Route(OWNED, _VERSION, post=ENGINEER),
    "templates/<int:pk>/versions/<int:number>/unarchive/": Route(OWNED, _VERSION, post=ENGINEER),
    "templates/<int:pk>/versions/<int:number>/restore/": Route(OWNED, _VERSION, post=ENGINEER),
}
