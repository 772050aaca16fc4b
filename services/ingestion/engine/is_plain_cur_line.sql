-- reads: nothing
line_item_line_item_type IN ('Usage', 'Tax', 'Credit')
