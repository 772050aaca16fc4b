-- reads: nothing
regexp_replace({text}, ' [+]0000 UTC$', '+00')
