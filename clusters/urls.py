from django.urls import path, register_converter
from django.urls.converters import StringConverter

from clusters.views import (
    catalogue,
    cloning,
    clusters,
    cooling,
    editor,
    exchange,
    launching,
    library,
    operations,
    scaling,
    templates,
    versions,
)


class TableConverter(StringConverter):
    regex = "nodes|events|decisions|jobs|demand|groups|cooling"


register_converter(TableConverter, "table")

app_name = "clusters"
urlpatterns = [
    path("clusters/", clusters.cluster_list, name="list"),
    path("clusters/launch/", launching.launch, name="launch"),
    path("clusters/launch/preview/", launching.preview, name="launch-preview"),
    path("clusters/<uuid:pk>/", clusters.detail, name="detail"),
    path("clusters/<uuid:pk>/<table:table>.csv", clusters.table_csv, name="csv"),
    path("clusters/<uuid:pk>/stop/", operations.stop, name="stop"),
    path("clusters/<uuid:pk>/start/", operations.start, name="start"),
    path("clusters/<uuid:pk>/terminate/", operations.terminate, name="terminate"),
    path("clusters/<uuid:pk>/hold/", operations.hold, name="hold"),
    path("clusters/<uuid:pk>/groups/<str:group>/resize/", operations.resize, name="resize"),
    path("clusters/<uuid:pk>/groups/<str:group>/again/", cooling.try_again, name="try-again"),
    path("clusters/<uuid:pk>/groups/<str:group>/rule/enable/", scaling.enable, name="enable-rule"),
    path(
        "clusters/<uuid:pk>/groups/<str:group>/rule/disable/", scaling.disable, name="disable-rule"
    ),
    path("clusters/<uuid:pk>/what-if/", scaling.what_if, name="what-if"),
    path("clusters/<uuid:pk>/workloads/<str:key>/", operations.run_workload, name="workload"),
    path("clusters/<uuid:pk>/jobs/<int:job_id>/", operations.job, name="job"),
    path("clusters/<uuid:pk>/jobs/<int:job_id>/log/", operations.job_log, name="job-log"),
    path("clusters/<uuid:pk>/jobs/<int:job_id>/stop/", operations.stop_job, name="stop-job"),
    path("machines/", catalogue.machines, name="machines"),
    path("machines/picker/", catalogue.picker, name="picker"),
    path("templates/", templates.template_list, name="templates"),
    path("templates/library/", library.library, name="library"),
    path("templates/library/<slug:key>/use/", library.use, name="use-template"),
    path("templates/import/", exchange.import_template, name="import-template"),
    path("templates/new/", editor.new, name="new-template"),
    path("templates/drafts/<int:pk>/", editor.draft, name="draft"),
    path("templates/drafts/<int:pk>/discard/", editor.discard_draft, name="discard-draft"),
    path("templates/check/", editor.check, name="check-template"),
    path("templates/<int:pk>/", templates.template, name="template"),
    path("templates/<int:pk>/edit/", editor.edit, name="edit-template"),
    path("templates/<int:pk>/check/", editor.check, name="check-template"),
    path("templates/<int:pk>/archive/", templates.archive, name="archive-template"),
    path(
        "templates/<int:pk>/versions/<int:number>/clone/",
        cloning.clone,
        name="clone-version",
    ),
    path(
        "templates/<int:pk>/versions/<int:number>/export/",
        exchange.export_version,
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
