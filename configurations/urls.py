"""Addresses of what people write: templates, their versions, and the machines to choose from."""

from django.urls import path

from configurations.views import (
    bulk,
    cloning,
    editor,
    import_export,
    library,
    machines,
    templates,
    versions,
)

app_name = "configurations"
urlpatterns = [
    path("machines/", machines.machines, name="machines"),
    path("machines/picker/<int:team>/", machines.picker, name="picker"),
    path("templates/", templates.template_list, name="templates"),
    path("templates/library/", library.library, name="library"),
    path("templates/library/<slug:key>/use/", library.use, name="use-template"),
    path("templates/import/", import_export.import_template, name="import-template"),
    path("templates/bulk/archive/", bulk.archive_templates, name="archive-templates"),
    path("templates/new/", editor.new, name="new-template"),
    path("templates/drafts/<int:pk>/", editor.draft, name="draft"),
    path("templates/drafts/<int:pk>/discard/", editor.discard_draft, name="discard-draft"),
    path("templates/check/", editor.check, name="check-template"),
    path("templates/checks/", editor.check_with_cloud, name="check-with-cloud"),
    path("templates/<int:pk>/", templates.template, name="template"),
    path("templates/<int:pk>/edit/", editor.edit, name="edit-template"),
    path("templates/<int:pk>/check/", editor.check, name="check-template"),
    path("templates/<int:pk>/checks/", editor.check_with_cloud, name="check-with-cloud"),
    path("templates/<int:pk>/archive/", templates.archive, name="archive-template"),
    path(
        "templates/<int:pk>/versions/<int:number>/clone/",
        cloning.clone,
        name="clone-version",
    ),
    path(
        "templates/<int:pk>/versions/<int:number>/export/",
        import_export.export_version,
        name="export-version",
    ),
    path("templates/<int:pk>/unarchive/", templates.unarchive, name="unarchive-template"),
    path("templates/<int:pk>/versions/<int:number>/", versions.version, name="version"),
    path(
        "templates/<int:pk>/versions/<int:number>/archive/",
        versions.archive,
        name="archive-version",
    ),
    path(
        "templates/<int:pk>/versions/<int:number>/unarchive/",
        versions.unarchive,
        name="unarchive-version",
    ),
    path(
        "templates/<int:pk>/versions/<int:number>/restore/",
        versions.restore_version,
        name="restore-version",
    ),
]
