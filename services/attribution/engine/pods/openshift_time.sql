-- reads: nothing
-- The form of Go as the form that most files have, which is read ten times as fast.
regexp_replace({text}, ' [+]0000 UTC$', ' UTC')
