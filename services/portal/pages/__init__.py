"""What each template is given: a frozen dataclass per page, and the parts that it is made of.

None is *unknown* and is shown so: never put 0 in its place. Nothing is computed in a template
except sums that are already here. A ratio is a Decimal, 0.124 is 12.4 %; a `change` is
(now - before) / before, None where there is no before. A moment is aware. A text may be empty,
then its place stays empty.
"""
