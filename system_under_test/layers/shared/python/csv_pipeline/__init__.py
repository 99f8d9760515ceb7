"""Code shared by the splitter and the processor: settings, tokenizer, plan, job lock, audit trail, database."""
