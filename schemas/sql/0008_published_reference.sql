-- As 0007: what is published names its issue in the statement that adds it.
@server@ALTER TABLE published DROP CONSTRAINT published_issue_fkey;
