"""What the extra `local` adds to the command `trueback`: the stack, its operator, the demo."""
