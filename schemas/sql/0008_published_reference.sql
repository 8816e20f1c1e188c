-- As in 0007: the statement that adds a published row looks up its issue.
@server@ALTER TABLE published DROP CONSTRAINT published_issue_fkey;
