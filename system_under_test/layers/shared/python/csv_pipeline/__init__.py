"""What the splitter and the processor share: settings, one tokenizer, plan, job lock, audit trail, database."""
