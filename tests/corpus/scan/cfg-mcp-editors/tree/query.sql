select count(*) from tickets where closed_at is null;
