from django.urls import path, register_converter
from django.urls.converters import StringConverter

from clusters.views import (
    bulk,
    detail,
    jobs,
    launching,
    node_logs,
    operations,
    orphans,
    scaling,
    tables,
    updating,
)
from clusters.views.list import cluster_list
from clusters.views.workspaces import detail as workspace_page
from clusters.views.workspaces import file as workspace_file
from clusters.views.workspaces import list as workspace_list
from clusters.views.workspaces import operations as workspace_operations


class TableConverter(StringConverter):
    regex = "nodes|events|decisions|jobs|demand|groups|cooling"


class BulkConverter(StringConverter):
    regex = "stop|terminate"


register_converter(TableConverter, "table")
register_converter(BulkConverter, "bulk")

app_name = "clusters"
urlpatterns = [
    path("clusters/", cluster_list, name="list"),
    path("clusters/bulk/<bulk:operation>/", bulk.bulk, name="bulk"),
    path("clouds/orphaned/", orphans.orphans, name="orphans"),
    path("clouds/orphaned/remove/", orphans.remove, name="remove-orphans"),
    path("clusters/launch/", launching.launch, name="launch"),
    path("clusters/launch/preview/", launching.preview, name="launch-preview"),
    path("clusters/launch/checks/", launching.checks, name="launch-checks"),
    path(
        "clusters/launch/library/<slug:key>/",
        launching.launch_from_library,
        name="launch-from-library",
    ),
    path("clusters/<uuid:pk>/", detail.detail, name="detail"),
    path("clusters/<uuid:pk>/<table:table>.csv", tables.table_csv, name="csv"),
    path("clusters/<uuid:pk>/stop/", operations.stop, name="stop"),
    path("clusters/<uuid:pk>/start/", operations.start, name="start"),
    path("clusters/<uuid:pk>/terminate/", operations.terminate, name="terminate"),
    path("clusters/<uuid:pk>/hold/", operations.hold, name="hold"),
    path("clusters/<uuid:pk>/limits/", operations.limits, name="limits"),
    path("clusters/<uuid:pk>/update/", updating.update, name="update"),
    path("clusters/<uuid:pk>/update/preview/", updating.preview, name="update-preview"),
    path("clusters/<uuid:pk>/replace/", updating.replace, name="replace"),
    path("clusters/<uuid:pk>/replace/pause/", updating.pause, name="pause-replacement"),
    path("clusters/<uuid:pk>/bring-back/", updating.bring_back, name="bring-back"),
    path("clusters/<uuid:pk>/draft/", updating.draft, name="draft-of-drift"),
    path("clusters/<uuid:pk>/relaunch/", updating.relaunch, name="relaunch"),
    path("clusters/<uuid:pk>/groups/<str:group>/resize/", operations.resize, name="resize"),
    path("clusters/<uuid:pk>/groups/<str:group>/again/", operations.try_again, name="try-again"),
    path("clusters/<uuid:pk>/groups/<str:group>/rule/enable/", scaling.enable, name="enable-rule"),
    path(
        "clusters/<uuid:pk>/groups/<str:group>/rule/disable/", scaling.disable, name="disable-rule"
    ),
    path("clusters/<uuid:pk>/what-if/", scaling.what_if, name="what-if"),
    path("clusters/<uuid:pk>/nodes/<slug:name>/log/", node_logs.node_log, name="node-log"),
    path(
        "clusters/<uuid:pk>/nodes/<slug:name>/log/text/",
        node_logs.node_log_text,
        name="node-log-text",
    ),
    path(
        "clusters/<uuid:pk>/nodes/<slug:name>/log/follow/",
        node_logs.follow,
        name="follow-node-log",
    ),
    path("clusters/<uuid:pk>/workloads/<str:key>/", jobs.run_workload, name="workload"),
    path("clusters/<uuid:pk>/jobs/<int:job_id>/", jobs.job, name="job"),
    path("clusters/<uuid:pk>/jobs/<int:job_id>/log/", jobs.job_log, name="job-log"),
    path("clusters/<uuid:pk>/jobs/<int:job_id>/stop/", jobs.stop_job, name="stop-job"),
    path("workspaces/", workspace_list.workspaces, name="workspaces"),
    path("workspaces/new/", workspace_list.new_workspace, name="new-workspace"),
    path("workspaces/<uuid:pk>/", workspace_page.workspace, name="workspace"),
    path("workspaces/<uuid:pk>/open/", workspace_operations.open_jupyter, name="open-workspace"),
    path("workspaces/<uuid:pk>/start/", workspace_operations.start, name="start-workspace"),
    path("workspaces/<uuid:pk>/stop/", workspace_operations.stop, name="stop-workspace"),
    path("workspaces/<uuid:pk>/delete/", workspace_operations.delete, name="delete-workspace"),
    path("workspaces/<uuid:pk>/share/", workspace_operations.share, name="share-workspace"),
    path("workspaces/<uuid:pk>/clone/", workspace_operations.clone, name="clone-workspace"),
    path("workspaces/<uuid:pk>/file/", workspace_file.file, name="workspace-file"),
    path("workspaces/<uuid:pk>/run/", workspace_operations.run_file, name="run-workspace-file"),
    path("workspaces/<uuid:pk>/capture/", workspace_operations.capture, name="capture-workspace"),
]
