-- per consumer
-- The writer takes every reference from the referenced row, in one transaction, and such rows are never deleted.
-- Checking each again would be most of the server's work (ops/decisions/0007).
@server@ALTER TABLE @consumer@_section DROP CONSTRAINT @consumer@_section_document_fkey, DROP CONSTRAINT @consumer@_section_issue_fkey;
@server@ALTER TABLE @consumer@_stored DROP CONSTRAINT @consumer@_stored_section_fkey;
@server@ALTER TABLE @consumer@_row DROP CONSTRAINT @consumer@_row_section_fkey;
@server@ALTER TABLE @consumer@_manifest DROP CONSTRAINT @consumer@_manifest_document_fkey;
@server@ALTER TABLE @consumer@_manifest_issue DROP CONSTRAINT @consumer@_manifest_issue_manifest_fkey;
@server@ALTER TABLE @consumer@_manifest_issue DROP CONSTRAINT @consumer@_manifest_issue_issue_fkey;
@server@ALTER TABLE @consumer@_manifest_section DROP CONSTRAINT @consumer@_manifest_section_manifest_fkey;
@server@ALTER TABLE @consumer@_manifest_section DROP CONSTRAINT @consumer@_manifest_section_section_fkey;
@server@ALTER TABLE @consumer@_dirty DROP CONSTRAINT @consumer@_dirty_issue_fkey;
