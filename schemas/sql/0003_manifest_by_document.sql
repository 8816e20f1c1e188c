-- per consumer
-- The current view looks up the manifests of a document once for each of its issues.
CREATE INDEX @consumer@_manifest_by_document ON @consumer@_manifest(document);
