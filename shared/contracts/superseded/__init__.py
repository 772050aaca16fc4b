"""Versions of messages that are consumed for one more release, and the ways to their successors.

Here and nowhere else stand the sentences that facts once carried. The next release takes the
package away, with the columns that still hold such text (docs/decisions/0012).
"""
